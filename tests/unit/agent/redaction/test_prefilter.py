"""The cheap look lets everything pass that a detector would find, and stops ordinary lines."""

from __future__ import annotations

import pytest

from agent.redaction.prefilter import NUMBERS, PREFILTER, first_word, has_long_word, has_word
from tests.fakes.personal_lines import planted


def test_no_planted_line_is_stopped() -> None:
    lines = [line for line in planted(11, 3_000) if line.kind != "record number"]  # that is the customer's pattern
    assert [line for line in lines if not PREFILTER.search(line.line)] == []


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-24 01:00:00,123 [4711] INFO o.a.zookeeper.ClientCnxn - opened",
        "Nov 24 01:00:00 host sshd[24200]: reverse mapping failed for 173.234.31.186 port 38926 ssh2",
        "17/06/09 20:10:40 INFO executor.CoarseGrainedExecutorBackend: Registered signal handlers",
        "진료 접수가 완료되었습니다 3건",
    ],
)
def test_ordinary_lines_are_stopped(line: str) -> None:
    assert not PREFILTER.search(line)
    assert not NUMBERS.search(line)
    assert not has_word(line)
    assert not has_long_word(line)


def test_half_a_surrogate_pair_does_not_throw() -> None:
    assert has_word("\udc80 PASSWORD")
    assert not has_word("\udc80 nothing")


@pytest.mark.parametrize(("text", "place"), [("a password=x", 2), ("nothing", 0), ("half \udc80 secret", 0)])
def test_the_first_word_is_found_where_that_can_be_said(text: str, place: int) -> None:
    assert first_word(text) == place
