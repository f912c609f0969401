"""From the agent's file to the gate: both sides of the edge, and no file that opens what anything else closes."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from remediation.patch.errors import PatchRefused
from remediation.patch.gate.counts import ErrorFile, counted, write
from remediation.patch.gate.error_counts import LOOKS, FileErrorCounts
from remediation.patch.gate.judge import GateJudge
from remediation.patch.manifest import Gate, Probe

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


class Host:
    """An agent that writes its file each second, as long as it is alive; a product whose probe is well or not."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "error-counts.json"
        self.seconds = 0.0
        self.file = ErrorFile(since=START, written_at=START)
        self.is_alive = True
        self.problem = ""

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def see(self, errors: int) -> None:
        self.file = counted(self.file, [("his", errors)], self.now())

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        if self.is_alive:
            self.file = counted(self.file, (), self.now())
            self.path.write_bytes(write(self.file))

    def ask(self, probe: Probe) -> str:
        return self.problem

    def counts(self) -> FileErrorCounts:
        return FileErrorCounts(self.path, "his", self.now, self.sleep)

    def judge(self) -> GateJudge:
        return GateJudge(self, list, lambda: self.seconds, self.sleep, self.counts())  # type: ignore[arg-type]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.mark.parametrize(("after", "is_open"), [(20, True), (21, False)])
def test_both_sides_of_the_edge(host: Host, after: int, is_open: bool) -> None:  # a table
    """60 in the hour before, ten minutes of soaking, twice as many are allowed: 20."""
    gate = Gate(soak_s=600, error_factor=2)
    host.sleep(600)
    host.see(60)
    host.sleep(3_000)
    before = host.judge().before(gate)
    host.sleep(60)
    host.see(5)  # while the services stop: not counted against it
    host.sleep(60)
    asleep = host.sleep

    def soaking(seconds: float) -> None:
        asleep(seconds / 2)
        if seconds == gate.soak_s:
            host.see(after)
        asleep(seconds / 2)

    host.sleep = soaking  # type: ignore[method-assign]
    assert (host.judge().judge(gate, before) == []) is is_open


def test_invented_numbers_open_nothing_that_a_probe_closes(host: Host) -> None:
    gate = Gate(probes=[Probe(name="page", kind="tcp", target="127.0.0.1:1", tries=1, good=1)], error_factor=1_000)
    host.sleep(1)
    host.see(10**9)
    host.sleep(3_700)
    before = host.judge().before(gate)
    assert host.judge().judge(gate, before) == []
    host.problem = "ill"
    assert host.judge().judge(gate, before)


def test_without_a_file_nothing_is_begun_and_nothing_counts(host: Host) -> None:
    host.is_alive = False
    with pytest.raises(PatchRefused, match="the agent has to run"):
        host.judge().before(Gate(error_factor=2))
    assert host.seconds == LOOKS


def test_an_agent_that_dies_in_the_soak_closes_the_gate(host: Host) -> None:
    gate = Gate(error_factor=2)
    host.sleep(3_700)
    before = host.judge().before(gate)
    host.is_alive = False
    host.sleep(30)
    assert host.judge().judge(gate, before) == ["known errors are not counted any more"]


def test_links_pipes_and_endless_files_are_nothing(host: Host, tmp_path: Path) -> None:
    host.is_alive = False
    (tmp_path / "real").write_bytes(write(counted(host.file, (), host.now())))
    host.path.symlink_to(tmp_path / "real")
    assert host.counts().during(0) is None
    host.path.unlink()
    os.mkfifo(host.path)
    assert host.counts().during(0) is None
    host.path.unlink()
    host.path.symlink_to("/dev/zero")
    assert host.counts().during(0) is None
    host.path.unlink()
    host.path.write_bytes(b"{" * 3_000_000)
    assert host.counts().during(0) is None
