"""A file system without room under the spool: nothing stored is lost, nothing half is stored, and it recovers."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent.spool import Cursor, Deposit, Spool, SpoolFull
from tests.fakes.agent_parts import a_health, a_spool, an_event


def fill(spool: Spool, *, start: int = 1, most: int = 3_000) -> int:
    """Deposit until there is no room; the number of the last one stored."""
    for number in range(start, start + most):
        event = an_event(number, code=f"C-{number}", text="x" * 8_000)
        cursor = Cursor("app", "/l", 1, 2, "h", 4, 0, number, number)
        try:
            spool.deposit(Deposit(events=[event], cursors=[cursor]))
        except SpoolFull:
            return number - 1
    raise AssertionError("the disk was never full")


def check(spool: Spool, last: int) -> None:
    (cursor,) = spool.cursors("app")
    assert cursor.position == last
    assert spool.stand().usage.waiting_rows + spool.stand().usage.sealed_records >= last
    assert spool._read("PRAGMA integrity_check")[0][0] == "ok"


CHILD = """
import sys
from pathlib import Path
from tests.crash.test_disk_full import check, fill, go_on, speak
from tests.fakes.agent_parts import a_spool
folder, other = Path(sys.argv[1]), Path(sys.argv[1]) / "other-files"
other.write_bytes(b"x" * 1_500_000)
spool = a_spool(folder, max_bytes=8_000_000)
last = fill(spool)
check(spool, last)
speak(spool)
other.unlink()
spool.tend()
go_on(spool, last)
spool.close()
spool = a_spool(folder)
(cursor,) = spool.cursors("app")
assert cursor.position > last > 10
print("well", last, cursor.position)
"""


def speak(spool: Spool) -> None:
    """The disk is full, and the agent can still say so: a heartbeat and a fault of the host get out."""
    spool.adopt("a1")
    fault = an_event(code="HOST-DSK-0090", product="host")
    spool.deposit(Deposit(events=[fault], health=a_health()))
    with contextlib.suppress(SpoolFull):  # gives the reserve free; who sends comes again
        spool.next_batch()
    batch = spool.next_batch()
    assert batch is not None
    spool.ack(batch.sequence)
    with pytest.raises(SpoolFull):  # what was set aside for this is not for logs
        spool.deposit(Deposit(events=[an_event(code="C-0")]))


def go_on(spool: Spool, last: int) -> None:
    """There is room again: go on with the very next, and send."""
    event = an_event(last + 1, code=f"C-{last + 1}")
    spool.deposit(Deposit(events=[event], cursors=[Cursor("app", "/l", 1, 2, "h", 4, 0, last + 1, last + 1)]))
    spool.adopt("a1")
    while (batch := spool.next_batch()) is not None:
        spool.ack(batch.sequence)


@pytest.mark.crash
def test_a_file_system_without_room(tmp_path: Path, repository: Path) -> None:
    """4 MB of tmpfs, in a namespace of our own."""
    script = f'mount -t tmpfs -o size=4m none {tmp_path} && exec {sys.executable} -c "$0" {tmp_path}'
    found = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, CHILD],
        capture_output=True,
        text=True,
        cwd=repository,
        env=os.environ | {"PYTHONPATH": str(repository)},
        check=False,
    )
    if "unshare" in found.stderr or "mount:" in found.stderr:
        pytest.skip(f"no namespace of our own here: {found.stderr.strip()}")
    assert found.stdout.startswith("well"), found.stderr


@pytest.mark.crash
def test_a_limit_of_the_file_size(tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands for a quota: write() fails in the middle of things."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    spool = a_spool(tmp_path)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, before[1]))
        last = fill(spool)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    check(spool, last)
    spool.tend()
    go_on(spool, last)
    spool.close()
    (cursor,) = a_spool(tmp_path).cursors("app")
    assert cursor.position == last + 1


@pytest.mark.crash
def test_the_own_limit(tmp_path: Path) -> None:
    spool = a_spool(tmp_path, max_bytes=2_000_000)
    last = fill(spool)
    check(spool, last)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2_300_000
    spool.adopt("a1")
    while (batch := spool.next_batch()) is not None:
        spool.ack(batch.sequence)
    assert fill(spool, start=last + 1) > last + 10
