"""SIGKILL in the middle of deposits, seals and acks: what was committed is there, once, with its position."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from agent.spool.sealing import records_of
from agent.spool.spool import Spool
from tests.fakes.agent_parts import a_spool
from wire.messages import Event, decode_record

SEEDS = 20


def held(spool: Spool) -> list[int]:
    """The numbers of all events in the spool, waiting, sealed and kept."""
    raws = [bytes(row[0]) for row in spool._read("SELECT record FROM waiting")]
    for (body,) in spool._read("SELECT body FROM batch"):
        raws += [bytes(raw) for raw in records_of(body)]
    records = [decode_record(raw) for raw in raws]
    return sorted(int(record.code[2:]) for record in records if isinstance(record, Event))


@pytest.mark.crash
@pytest.mark.timeout(120)
def test_committed_is_present_exactly_once(tmp_path: Path, repository: Path) -> None:
    """One spool, killed again and again: each run goes on where the file says."""
    chance = random.Random(20261122)
    said = 0
    for seed in range(SEEDS):
        child = subprocess.Popen(
            [sys.executable, str(repository / "tests/crash/spool_child.py"), str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=repository,
            env={"PYTHONPATH": str(repository)},
        )
        assert child.stdout is not None
        for _ in range(chance.randrange(1, 60)):
            words = child.stdout.readline().split()
            if words[0] == "stored":
                said = int(words[1])
        child.kill()
        rest = child.stdout.read().split("\n")
        child.stdout.close()
        child.wait()
        said = max(
            [said, *(int(line.split()[1]) for line in rest if line.startswith("stored ") and line[7:].isdigit())]
        )

        spool = a_spool(tmp_path, keep_acked_s=3_600 * 24 * 30)
        (cursor,) = spool.cursors("app")
        numbers = held(spool)
        assert numbers == list(range(1, cursor.position + 1)), f"seed {seed}"
        assert said <= cursor.position <= said + 1, f"seed {seed}"
        assert spool._read("PRAGMA integrity_check")[0][0] == "ok"
        assert spool.stand().gaps == 0
        spool.close()
