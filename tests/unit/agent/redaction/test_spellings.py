"""Spellings: what is undone, and the way back to the original characters."""

from __future__ import annotations

import pytest

from agent.redaction.spellings import Spelling, spellings, straighten, with_gaps_closed


def places(text: str, wanted: str) -> list[str]:
    """The original characters behind `wanted` in every spelling that has it."""
    found = []
    for spelling in spellings(text):
        at = spelling.text.find(wanted)
        if at >= 0:
            low, high = spelling.original(at, at + len(wanted))
            found.append(text[low:high])
    return found


@pytest.mark.parametrize(
    ("text", "wanted", "written"),
    [
        ("a \uff19\uff10\uff10 b", "900", "\uff19\uff10\uff10"),
        ("a ٣٤٥ b", "345", "٣٤٥"),
        ("90\u20131", "90-1", "90\u20131"),
        (r"x\u0039\u0030y", "90", r"\u0039\u0030"),
        (r"x\\u0039\\\u0030y", "90", r"\\u0039\\\u0030"),
        ("x%39%30y", "90", "%39%30"),
        ("x%2539y", "9", "%2539"),
        ("x%EA%B0%80%39y", "가9", "%EA%B0%80%39"),
        ("x&#57;&#x30;y", "90", "&#57;&#x30;"),
        ("9\u200b0", "90", "9\u200b0"),
        (r"a\"b", 'a"b', r"a\"b"),
        (r"a\nb", "a\nb", r"a\nb"),
    ],
)
def test_what_is_undone(text: str, wanted: str, written: str) -> None:
    assert written in places(text, wanted)


def test_a_broken_escape_is_kept_and_what_looks_like_one_is_found_as_it_stands() -> None:
    assert "100%300101" in [spelling.text for spelling in spellings("100%300101")]
    assert [spelling.text for spelling in spellings("%FF")] == ["%FF", "\udcff"]
    assert [spelling.text for spelling in spellings("&#9999999;")][-1] == "\ufffd"


def test_gaps_between_single_digits_are_closed() -> None:
    text = "a 9 0 0 1 0 1 - 1 2 3 4 b"
    closed = with_gaps_closed(Spelling(text))
    assert closed is not None
    assert closed.text == "a 9001011234 b"
    assert closed.original(2, 12) == (2, 23)
    assert with_gaps_closed(Spelling("1 2 3")) is None


def test_plain_text_stays_the_same_object() -> None:
    text = "진료 2026-11-24"
    assert straighten(text) is text
    assert [spelling.text for spelling in spellings(text)] == [text]
