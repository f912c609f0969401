"""Stack traces of each language stay whole, and nothing else is swallowed."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import pytest

from agent.logs.languages import LANGUAGES, LanguageName, find_starts
from agent.settings.model import Source
from tests.fakes.traces import TRACES


def records(language: str, lines: list[str]) -> list[str]:
    starts = [*find_starts(LANGUAGES[language], lines), len(lines)]
    return ["\n".join(lines[at:end]) for at, end in pairwise(starts)]


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_each_trace_is_one_record(language: str) -> None:
    lines = "\n".join(TRACES[language]).split("\n")
    assert records(language, lines) == TRACES[language]
    assert len(lines) > 2 * len(TRACES[language]), "the control: there is something to keep together"


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_plain_lines_are_each_a_record(language: str) -> None:
    lines = [
        "2026-11-24 10:00:00 ERROR 결제 실패",
        "ERROR: no claim",
        "Nov 24 10:00:00 host sshd[12]: Failed password for root",
        '{"level":"error","message":"x"}',
        '10.0.0.1 - - [24/Nov/2026:10:00:00 +0900] "GET / HTTP/1.1" 500 12',
        "a word",
        "错误: 连接失败",
    ]
    assert records(language, lines) == lines


def test_an_exceptions_name_ends_a_trace_only_right_below_its_frames() -> None:
    lines = [
        "x",
        "Traceback (most recent call last):",
        "  File x",
        "his.Missing: no",
        "his.worker: started",
        "Idle: yes",
    ]
    assert find_starts(LANGUAGES["python"], lines) == [0, 4, 5]


def test_the_settings_know_the_same_names() -> None:
    assert set(get_args(LanguageName)) == set(LANGUAGES) == set(TRACES)
    for name in LANGUAGES:
        assert Source(name="a", path="/a", catalogue="c", record=name).record == name  # type: ignore[arg-type]
