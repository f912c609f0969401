"""A file system that breaks or does not answer, with the kernel in between: ours, served over /dev/fuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.file_server import run_in_namespace

NOT_HERE = ("unshare:", "/dev/fuse", "mount")

DEPOSITS = """
import json, sys
from pathlib import Path
from agent.spool import Cursor, Deposit, SpoolFull
from tests.crash.test_spool_kill import held
from tests.fakes.agent_parts import a_spool, an_event
from tests.fakes.file_server import file_server
folder, at, fired = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
with file_server(folder, fail_flush_at=at, fired=fired):
    spool, refused = None, 0
    while (position := spool.cursors("app")[0].position if spool and spool.cursors("app") else 0) < 40:
        cursor = Cursor("app", "/l", 1, 2, "h", 4, 0, position + 1, position + 1)
        try:
            spool = spool or a_spool(folder)
            spool.deposit(Deposit(events=[an_event(position + 1, code=f"C-{position + 1}")], cursors=[cursor]))
        except Exception as error:
            refused += 1
            assert refused < 3, error
    spool.close()
    spool = a_spool(folder)
    print(json.dumps([held(spool), refused, spool.stand().gaps, spool._read("PRAGMA integrity_check")[0][0]]))
    spool.close()
"""


def run(repository: Path, child: str, *arguments: str) -> list[object]:
    ran = run_in_namespace(repository, child, *arguments)
    if ran.returncode and any(word in ran.stderr.splitlines()[-1] for word in NOT_HERE):
        pytest.skip(f"no file system of our own here: {ran.stderr.splitlines()[-1]}")
    assert ran.returncode == 0, ran.stderr
    found: list[object] = json.loads(ran.stdout.splitlines()[-1])
    return found


@pytest.mark.crash
@pytest.mark.parametrize("at", [1, 2, 5, 20, 0])
def test_a_file_system_whose_flush_fails(tmp_path: Path, repository: Path, at: int) -> None:
    """A failing flush refuses at most one step, which is said, and nothing is lost; 0 fails none.

    The first flushes belong to the beginning of the write-ahead log: SQLite then goes on without one.
    """
    disk, fired = tmp_path / "disk", tmp_path / "fired"
    disk.mkdir()
    numbers, refused, gaps, health = run(repository, DEPOSITS, str(disk), str(at), str(fired))
    assert (numbers, gaps, health) == (list(range(1, 41)), 0, "ok")
    assert (refused, fired.exists()) == (int(at > 2), at > 0)


HANGING = """
import json, os, pathlib, signal, sys, time
from agent.logs.hands import Hands
from agent.logs.reader import LogReader
from msgspec.structs import replace
from tests.fakes.file_server import file_server
from tests.fakes.logs import START, Site, numbered, numbers
folder = pathlib.Path(sys.argv[1])
(folder / "server").mkdir(); (folder / "disk").mkdir()
with file_server(folder / "server") as server:
    site = Site(folder / "disk")
    far = replace(site.source, name="far", path=str(folder / "server/*.log"))
    site.log.touch(); (folder / "server/app.log").touch()
    hands = Hands(patience_s=0.3)
    reader = LogReader([far, site.source], site.intake, hands=hands)
    reader.turn(START)
    site.write(numbered(1), folder / "server/app.log"); site.write(numbered(2))
    os.kill(server, signal.SIGSTOP)
    began = time.monotonic()
    for _ in range(5):
        reader.turn(START)
    while_stuck = numbers(site.intake.events)
    problems = [state.problem for state in reader.problems() if state.problem]
    took = time.monotonic() - began
    os.kill(server, signal.SIGCONT)
    until = time.monotonic() + 10
    while hands.stuck and time.monotonic() < until:
        time.sleep(0.01)
    reader.turn(START)
    after = sorted(numbers(site.intake.events))
    well = [state.problem for state in reader.problems() if state.problem]
    reader.close()
    print(json.dumps([while_stuck, problems, took, after, well]))
"""


@pytest.mark.crash
def test_a_file_server_that_stops_answering_stops_neither_the_other_logs_nor_the_status(
    tmp_path: Path, repository: Path
) -> None:
    while_stuck, problems, took, after, well = run(repository, HANGING, str(tmp_path))
    assert while_stuck == [2]
    assert isinstance(problems, list)
    assert "has not answered since" in problems[0]
    assert isinstance(took, float)
    assert took < 2  # one patience, not one for each turn
    assert (after, well) == ([1, 2], [])
