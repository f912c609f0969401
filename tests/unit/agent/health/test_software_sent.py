from __future__ import annotations

from pathlib import Path

import pytest

from agent.health.probe import Listing
from agent.health.software_sent import FILE_NAME, SoftwareSent
from tests.builders import NOW
from wire.messages import SoftwareKind

LIST = [Listing(SoftwareKind.PACKAGE, {"a": "1"})]


def told(sent: SoftwareSent) -> int:
    state, diffs = sent.diffs(LIST, NOW)
    sent.note(state)
    return len(diffs)


def test_it_is_told_once_over_restarts(tmp_path: Path) -> None:
    assert told(SoftwareSent(tmp_path)) == 1
    assert told(SoftwareSent(tmp_path)) == 0


def test_what_was_not_noted_is_told_again(tmp_path: Path) -> None:
    sent = SoftwareSent(tmp_path)
    assert len(sent.diffs(LIST, NOW)[1]) == len(sent.diffs(LIST, NOW)[1]) == 1


def test_under_another_name_everything_is_told_again(tmp_path: Path) -> None:
    sent = SoftwareSent(tmp_path)
    told(sent)
    sent.begin_anew()
    assert told(sent) == 1


@pytest.mark.parametrize("text", ["", "{]", "[1]", '{"package": 3}', "\xff"])
def test_a_broken_file_costs_one_whole_list(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text, encoding="latin-1")
    assert told(SoftwareSent(tmp_path)) == 1
    assert told(SoftwareSent(tmp_path)) == 0
