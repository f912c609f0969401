"""Half numbers before the mark of a cut."""

from __future__ import annotations

from agent.logs.bursts import CUT_MARK as WRITTEN_MARK
from agent.logs.bursts import clip
from agent.redaction.cuts import CUT_MARK, Cut


def test_half_a_number_is_hidden() -> None:
    text = clip("patient 900101-1234567 " + "x" * 50, 22)
    assert text == "patient 900101-12345 …"
    [found] = Cut().find(text)
    assert text[found.start : found.end] == "900101-12345"


def test_whole_words_and_numbers_elsewhere_stay() -> None:
    assert list(Cut().find("900101-12345 … more")) == []
    assert list(Cut().find("number 123 …")) == []


def test_the_mark_is_that_of_the_reader() -> None:
    assert CUT_MARK == WRITTEN_MARK
