from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from collector.console.evidence import LINES, left_out, pieces, quoted_record


def marks(text: str) -> list[str]:
    return [piece.text for piece in pieces(text) if piece.is_mark]


def test_what_would_act_is_named() -> None:
    assert marks("\x1b[31;1m\x1b[0m") == [r"\x1b[31;1m", r"\x1b[0m"]
    assert marks("\x1b]8;;http://x\x07") == [r"\x1b]8;;http://x\a"]
    assert marks("\r\0\x7f\x9b") == [r"\r", r"\0", r"\x7f", r"\x9b"]
    assert marks("\u202e\u2066\u200b\ufeff\u00ad\u3164") == [
        r"\u202e",
        r"\u2066",
        r"\u200b",
        r"\ufeff",
        r"\xad",
        r"\u3164",
    ]
    assert marks("\U000e0041") == [r"\U000e0041"]


def test_what_does_not_act_stays() -> None:
    for text in ("plain", "한글 中文 émoji 🙂", "a\tb", "<b>&amp;"):
        assert [piece.text for piece in pieces(text)] == [text]


@given(st.text())
def test_nothing_is_lost_and_nothing_acts(text: str) -> None:
    found = list(pieces(text))
    plain = "".join(piece.text for piece in found if not piece.is_mark)
    assert not [char for char in plain if unicodedata.category(char) in {"Cc", "Cf", "Cs"} and char != "\t"]
    shown = "".join(piece.text for piece in found)
    assert all(char in shown for char in text if char.isalnum() and char not in "\u115f\u1160\u3164\uffa0")


def test_lines_are_numbered_around_the_record() -> None:
    lines = quoted_record("hit\n  at x", ["b1", "b2"], ["a1"], 10)
    assert [line.number for line in lines] == [8, 9, 10, 11, 12]
    assert [line.is_hit for line in lines] == [False, False, True, False, False]
    assert [line.number for line in quoted_record("hit", ["b"], [], 0)] == [0, 0]
    assert quoted_record("", [], [], 0) == []


def test_a_long_record_says_what_is_left_out() -> None:
    text = "x\n" * (LINES + 9)
    assert len(quoted_record(text, [], [], 1)) == LINES
    assert left_out(text) == 10
    assert left_out("one") == 0
