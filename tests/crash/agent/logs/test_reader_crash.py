"""Stop the reader before and after every deposit, start it again: each line is an event exactly once.

Faults 1 and 3: a process that dies while it reads, and between storing events and position (which is
one commit, so that there is no between).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent.settings.model import RecordRule
from agent.spool.port import Deposit
from tests.fakes.intake import MemoryIntake
from tests.fakes.logs import CATALOGUE, Site, numbered, numbers


class Killed(Exception):
    """The process is gone."""


class DyingIntake(MemoryIntake):
    """Dies at its n-th deposit, before or after the commit."""

    def __init__(self, at: int, *, after_commit: bool) -> None:
        super().__init__()
        self._at = at
        self._after_commit = after_commit

    def deposit(self, deposit: Deposit) -> None:
        self._at -= 1
        if self._at == 0 and not self._after_commit:
            raise Killed
        super().deposit(deposit)
        if self._at == 0:
            raise Killed


def live(site: Site) -> None:
    """A few lines, a rotation, more lines, a record over two writes."""
    site.write(numbered(0, 1))
    site.read()
    site.write(numbered(2) + "  at x\n")
    site.read()
    site.log.rename(site.folder / "app.log.1")
    site.write(numbered(3))
    site.read()
    site.write("  at y\n" + numbered(4))
    site.sleep(10)
    site.read()
    site.sleep(70)
    site.read()


@pytest.mark.parametrize("after_commit", [False, True])
@pytest.mark.parametrize("rule", [None, RecordRule(start="^2026", silence_s=5)])
def test_every_step_can_be_the_last(tmp_path: Path, rule: RecordRule | None, *, after_commit: bool) -> None:
    deaths = 0
    for at in range(1, 30):
        folder = tmp_path / str(at)
        folder.mkdir()
        site = Site(folder, record=rule)
        site.log.touch()
        site.read()
        intake = DyingIntake(at, after_commit=after_commit)
        intake._sources, intake._cursors = site.intake._sources, site.intake._cursors
        site.intake = intake
        site.crash()
        deaths += _live_through(site)
        assert sorted(numbers(intake.events)) == [0, 1, 2, 3, 4], at
        assert len({event.event_id for event in intake.events}) == 5
        assert intake.gaps == []
        site.reader.close()
    assert 4 <= deaths < 29  # every deposit of the story was the last one once


def _live_through(site: Site) -> bool:
    """Live; what the dead process did not get to, the next one does."""
    try:
        live(site)
    except Killed:
        _rest_of_life(site)
        return True
    return False


def _rest_of_life(site: Site) -> None:
    site.crash()
    done = {int(line.split()[-1]) for path in site.folder.glob("app.log*") for line in _numbered_lines(path)}
    site.write(numbered(*(number for number in range(5) if number not in done)))
    for _ in range(3):
        site.sleep(10)
        site.read()


def _numbered_lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if "number" in line]


READER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from agent.logs.reader import LogReader
from agent.settings.model import Source
from tests.fakes.durable_intake import FileIntake

folder = Path(sys.argv[1])
source = Source(name="app", path=str(folder / "app.log"), catalogue=str(folder / "catalogue.yaml"))
reader = LogReader([source], FileIntake(folder / "spool.jsonl"))
reader.turn(datetime.now(UTC))  # the first start: what stands there now is not ours
print("ready", flush=True)
while True:
    reader.turn(datetime.now(UTC))
"""


@pytest.mark.crash
def test_killed_while_reading(tmp_path: Path, repository: Path) -> None:
    """SIGKILL at six moments while another process writes; then let it finish."""
    from tests.fakes.durable_intake import FileIntake

    (tmp_path / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    log = tmp_path / "app.log"
    log.touch()
    written = 0
    for round_ in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", READER, tmp_path], cwd=repository, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            for _ in range(200 + 37 * round_):
                with log.open("a") as file:
                    file.write(numbered(written))
                written += 1
                if written % 150 == 0:
                    log.rename(tmp_path / f"app.log.{written}")
            os.kill(process.pid, signal.SIGKILL)
    site = Site(tmp_path)
    intake = FileIntake(tmp_path / "spool.jsonl")
    site.intake = intake
    site.crash()
    site.read()
    found = numbers(intake.events)
    assert len(found) == len(set(found))
    assert sorted(found) == list(range(written))
    assert intake.gaps == []
    site.reader.close()
