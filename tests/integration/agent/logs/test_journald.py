"""A real journald, real journalctl: entries become events once, across restarts, and a vacuum is a gap."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

JOURNALD = Path("/lib/systemd/systemd-journald")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not JOURNALD.exists(), reason="systemd-journald is not installed (Debian package systemd)"),
]

# In a namespace of its own: /run is empty there, so the journal of this machine is neither read nor written.
SCRIPT = f"""
mount -t tmpfs none /run && mkdir -p /run/systemd/journal /run/log/journal || exit 77
{JOURNALD} & journald=$!
{sys.executable} -c "$0" "$1"; code=$?
kill $journald; exit $code
"""

CHILD = """
import json, pathlib, socket, subprocess, sys, time
from datetime import UTC, datetime
from agent.logs.reader import LogReader
from agent.settings.model import JournalRule, Source
from tests.fakes.intake import MemoryIntake
from tests.fakes.logs import CATALOGUE, numbers

folder = pathlib.Path(sys.argv[1])
(folder / "c.yaml").write_text(CATALOGUE, encoding="utf-8")
source = Source(name="system", journal=JournalRule(), catalogue=str(folder / "c.yaml"))
intake = MemoryIntake()
door = pathlib.Path("/run/systemd/journal/socket")
until = time.monotonic() + 20
while not door.exists() and time.monotonic() < until:
    time.sleep(0.02)

def log(*numbers):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        for number in numbers:
            made.sendto(f"MESSAGE=ERROR number {number}\\nPRIORITY=3\\nSYSLOG_IDENTIFIER=clinic\\n".encode(), str(door))

def read(reader, expected):
    until = time.monotonic() + 20
    while time.monotonic() < until and len(numbers(intake.events)) < expected:
        reader.turn(datetime.now(UTC))
        time.sleep(0.02)
    for _ in range(10):
        reader.turn(datetime.now(UTC))
        time.sleep(0.02)

log(0)
time.sleep(1.2)  # --since counts whole seconds
reader = LogReader([source], intake)
read(reader, 0)
log(*range(1, 51))
read(reader, 50)
reader.close()
log(*range(51, 71))  # the agent is away
reader = LogReader([source], intake)
read(reader, 70)
reader.close()
log(71)
subprocess.run(["journalctl", "--rotate", "--vacuum-size=1"], check=False, capture_output=True)
for name in pathlib.Path("/run/log/journal").glob("*/*@*.journal"):
    name.unlink()
log(72)
reader = LogReader([source], intake)
read(reader, 71)
problems = [state.problem for state in reader.problems() if state.problem]
reader.close()
gaps = [[gap.cause, gap.since is not None, gap.until is not None] for gap in intake.gaps]
print(json.dumps({"numbers": numbers(intake.events), "gaps": gaps, "problems": problems}))
"""


def test_journald(tmp_path: Path, repository: Path) -> None:
    ran = subprocess.run(
        ["unshare", "-rm", "--propagation", "private", "sh", "-c", SCRIPT, CHILD, tmp_path],
        capture_output=True,
        text=True,
        cwd=repository,
        env=os.environ | {"PYTHONPATH": str(repository)},
        check=False,
    )
    if ran.returncode == 77 or "unshare:" in ran.stderr:
        pytest.skip(f"no namespace of our own here: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["numbers"][:70] == list(range(1, 71))
    assert found["numbers"][-1] == 72
    lost = {71} - set(found["numbers"])
    assert found["gaps"] == ([["rotated", True, True]] if lost else [])
    assert lost, "the journal was not vacuumed: this test shows nothing of gaps"
    assert found["problems"] == []
