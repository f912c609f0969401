"""The token of the metrics: read at the start, and refused there when it protects nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.errors import ListenerRefused
from collector.ingest.model import Work
from collector.serving.metrics import live_numbers, own_version, read_token
from collector.settings.model import Metrics


def test_without_a_file_there_is_no_token() -> None:
    assert read_token(Metrics()) == ""


def test_a_token_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t" * 32 + "\n")
    assert read_token(Metrics(token_file=str(tmp_path / "token"))) == "t" * 32


@pytest.mark.parametrize("content", ["", "\n", "short", "ü" * 32])
def test_a_token_that_protects_nothing_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(content)
    with pytest.raises(ListenerRefused, match="token of the metrics"):
        read_token(Metrics(token_file=str(tmp_path / "token")))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ListenerRefused, match="No such file"):
        read_token(Metrics(token_file=str(tmp_path / "token")))


def test_what_the_parts_say() -> None:
    live = live_numbers(Work(3, 400, 0.5, 0.25, 9.0, 2), 60.0, 7)
    assert (live.queue_batches, live.queue_backlog_s, live.interval_s, live.waiting_agents) == (3, 0.25, 60.0, 7)


def test_the_version_that_is_installed() -> None:
    assert own_version()
