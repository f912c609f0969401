"""Debian's logrotate over a log that gets 5,000 numbered lines a second: each is an event, or inside a gap.

The checker is told nothing but the numbers that were found, the gaps, and where each number stood in the
file; a planted loss shows that it sees one.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.logs import START, Site, numbered, numbers
from wire.messages import Gap, GapCause

LOGROTATE = shutil.which("logrotate", path="/usr/sbin:/usr/bin:/sbin:/bin")
ROUNDS = 3
LINES_PER_S = 5_000
BLOCK = 25
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(LOGROTATE is None, reason="logrotate is not installed"),
]


class Writer:
    """Numbers its lines, and opens its log anew when asked to: the file `asked` is there until it has."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self.asked = log.with_name("reopen")
        self.written = 0
        self.seconds = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        began = time.monotonic()
        while not self._stop.is_set():
            with self._log.open("a") as file:
                while not self._stop.is_set() and not self.asked.exists():
                    self._stop.wait(max(0.0, began + self.written / LINES_PER_S - time.monotonic()))
                    file.write(numbered(*range(self.written, self.written + BLOCK)))
                    file.flush()
                    self.written += BLOCK
            self.asked.unlink(missing_ok=True)
        self.seconds = time.monotonic() - began

    @contextmanager
    def running(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()


def unexplained(found: Sequence[int], gaps: Sequence[Gap], written: int) -> set[int]:
    """Numbers that are neither found once nor can lie in a gap.

    A gap of a file that was cut lies between two numbers that were found, one after another: whatever is missing in a
    row is explained by one gap, and each gap explains one row at most.
    """
    counts = Counter(found)
    twice = {number for number, count in counts.items() if count > 1}
    rows: list[list[int]] = []
    for number in sorted(set(range(written)) - set(found)):
        if rows and rows[-1][-1] == number - 1:
            rows[-1].append(number)
        else:
            rows.append([number])
    excused = len([gap for gap in gaps if gap.cause is GapCause.TRUNCATED])
    rows.sort(key=len)
    return twice | {number for row in rows[excused:] for number in row}


HOWS = [
    "create",
    "copytruncate",
    "create\n compress",
    "create\n compress\n delaycompress",
    "copytruncate\n compress",
    "create\n dateext\n dateformat -%Y%m%d-%s\n compress",
]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("is_away", [False, True])
def test_logrotate(tmp_path: Path, how: str, *, is_away: bool) -> None:
    """With `is_away` the agent is stopped while each rotation happens."""
    tmp_path.chmod(0o755)
    site = Site(tmp_path)
    site.log.touch()
    site.read()
    settings = tmp_path / "logrotate.conf"
    writer = Writer(site.log)
    ask = f"postrotate\n touch {writer.asked}; while [ -e {writer.asked} ]; do sleep 0.01; done\n endscript\n"
    reopens = ask if how.startswith("create") else ""
    settings.write_text(f"{site.log} {{\n {how}\n rotate 20\n size 1\n {reopens}}}\n")
    settings.chmod(0o644)
    with writer.running():
        for _ in range(ROUNDS):
            _read_until(site, writer.written + 500)
            if is_away:
                site.crash()
            subprocess.run([str(LOGROTATE), "--force", "--state", tmp_path / "state", settings], check=True)
            if not is_away:
                _read_until(site, writer.written + 100)
            if "dateext" in how:
                time.sleep(1.01)  # the names count seconds
    _read_until(site, writer.written)
    site.reader.close()
    _judge(site, writer, is_copied="copytruncate" in how, is_away=is_away)


def _judge(site: Site, writer: Writer, *, is_copied: bool, is_away: bool) -> None:
    found, gaps = numbers(site.intake.events), site.intake.gaps
    assert unexplained(found, gaps, writer.written) == set()
    assert {gap.cause for gap in gaps} <= {GapCause.TRUNCATED}
    lost = writer.written - len(found)
    if is_copied:
        assert all(gap.until is not None and gap.from_byte > 0 for gap in gaps)
        assert lost < writer.written / 2  # what was written between copy and cut: more, the busier the machine is
    else:
        assert lost == 0
        # An inode that was given again while nobody looked cannot be told from a file that was cut: nothing is lost.
        assert [gap for gap in gaps if gap.bytes_lost or not is_away] == []
    assert writer.written >= 0.8 * LINES_PER_S * writer.seconds


def test_the_checker_sees_a_planted_loss() -> None:
    gap = Gap(cause=GapCause.TRUNCATED, source="/log", noticed_at=START)
    whole = list(range(100))
    assert unexplained(whole, [], 100) == set()
    assert unexplained([*whole[:50], *whole[51:]], [], 100) == {50}
    assert unexplained([*whole, 7], [], 100) == {7}
    assert unexplained([*whole[:50], *whole[55:]], [gap], 100) == set()
    assert unexplained([*whole[:50], *whole[55:70], *whole[71:]], [gap], 100) == set(range(50, 55))


def _read_until(site: Site, line: int) -> None:
    """Read as the loop does until this line was found, or until there is nothing more."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        before = len(site.intake.events)
        site.read()
        found = numbers(site.intake.events[-1:])
        if found and found[0] + 1 >= line:
            return
        if before == len(site.intake.events):
            site.sleep(0.1)
            time.sleep(0.005)
    raise AssertionError(f"line {line} was never found")
