"""Under any sequence of writing, rotating, cutting and crashing, each line is an event once or inside a gap."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agent.logs.follow import Follower
from tests.fakes.logs import Site, numbered, numbers
from wire.messages import GapCause


class Rotation(RuleBasedStateMachine):
    """A writer that numbers its lines, an administrator who rotates, an agent that crashes."""

    def __init__(self) -> None:
        super().__init__()
        self.site = Site(Path(tempfile.mkdtemp(prefix="rotation-")))
        self.openings = 0
        self.clock_ns = 1_800_000_000_000_000_000
        self._open_log()
        self.site.read()  # the source's first start is over: every line from now on counts
        self.written = 0
        self.excused: set[int] = set()  # lines that no reader could have seen
        self.unknowable: set[int] = set()  # lines that came and went while nobody could look: no gap either
        self.is_unseen = False
        self.gaps_known = 0
        self.is_deleted = False
        self.cuts_unread = 0
        self.rotations = 0
        self.half = False
        self.is_renamed = False

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            self.site.reader.close()
            shutil.rmtree(self.site.folder)

    def _open_log(self) -> None:
        """A cut that leaves an empty file, of which nothing was ever read, cannot be noticed by anybody."""
        self.openings += 1
        self.site.write(f"log opened for the time {self.openings}\n")
        self._touch(self.site.log)

    def _touch(self, path: Path) -> None:
        """Real writes are milliseconds apart; these are not, so the time of the last write is set."""
        self.clock_ns += 1_000_000
        os.utime(path, ns=(self.clock_ns, self.clock_ns))

    @rule(count=st.integers(1, 5))
    def write(self, count: int) -> None:
        if self.half:
            self.finish_line()
        self.site.write(numbered(*range(self.written, self.written + count)))
        self.written += count
        self._touch(self.site.log)

    @rule()
    def write_much(self) -> None:
        self.write(40)  # more than a file's head of a kilobyte

    @precondition(lambda self: not self.half)
    @rule()
    def write_half(self) -> None:
        """A line whose end comes later; it counts when it is complete."""
        self.site.write(numbered(self.written)[:-1])
        self.written += 1
        self.half = True
        self._touch(self.site.log)

    @precondition(lambda self: self.half)
    @rule()
    def finish_line(self) -> None:
        self.site.write("\n")
        self.half = False
        self._touch(self.site.log)

    @rule()
    def read(self) -> None:
        self.site.read()
        self.cuts_unread = 0
        self.is_unseen = False

    @rule()
    def wait_long(self) -> None:
        self.site.sleep(61)
        self.read()

    @rule()
    def crash(self) -> None:
        self.site.crash()

    @rule()
    def turn_and_crash(self) -> None:
        self.site.reader.turn(self.site.now)
        self.is_unseen = False
        self.site.crash()

    @precondition(lambda self: not self.half)
    @rule()
    def rename(self) -> None:
        """What logrotate does with `create`: all old files move up."""
        self._move_up()
        self.site.log.rename(self.site.folder / "app.log.1")
        self._open_log()
        self.is_renamed = self.is_unseen = True

    def _move_up(self) -> None:
        self.rotations += 1
        for number in range(self.rotations - 1, 0, -1):
            old = self.site.folder / f"app.log.{number}"
            if old.exists():
                old.rename(self.site.folder / f"app.log.{number + 1}")

    @precondition(lambda self: not self.half)
    @rule()
    def copy_and_cut(self) -> None:
        """What logrotate does with `copytruncate`; of two cuts that nobody saw, the second is out of reach."""
        if self.cuts_unread:
            self._excuse()
        self.cuts_unread += 1
        self._move_up()
        self.is_renamed = False
        shutil.copyfile(self.site.log, self.site.folder / "app.log.1")
        self._touch(self.site.folder / "app.log.1")
        os.truncate(self.site.log, 0)
        self._open_log()

    @rule()
    def delete_oldest(self) -> None:
        oldest = self.site.folder / f"app.log.{self.rotations}"
        if oldest.exists():
            self._excuse(oldest)
            oldest.unlink()
            self.is_deleted = True

    @precondition(lambda self: not self.half)
    @rule()
    def write_to_rotated(self) -> None:
        """A writer that has not noticed the rotation yet."""
        rotated = self.site.folder / "app.log.1"
        if rotated.exists() and self.is_renamed:
            times = rotated.stat()
            self.site.write(numbered(self.written), rotated)
            self.written += 1
            os.utime(rotated, ns=(times.st_atime_ns, times.st_mtime_ns))

    @precondition(lambda self: not self.half)
    @rule()
    def cut(self) -> None:
        """`: > app.log`; what was not read is gone."""
        self._excuse()
        self.cuts_unread += 1
        os.truncate(self.site.log, 0)
        self._open_log()

    def _excuse(self, log: Path | None = None) -> None:
        seen = set(numbers(self.site.intake.events))
        on_disk = {
            int(line.split()[-1]) for line in (log or self.site.log).read_text().splitlines() if "number" in line
        }
        self.excused |= on_disk - seen
        if (self.is_unseen and log is None) or (log and log.stat().st_ino not in self._open_inodes()):
            self.unknowable |= on_disk - seen

    def _open_inodes(self) -> set[int]:
        follower = self.site.reader._places["app"].reading.follower
        return {inode for _, inode in follower._tails} if isinstance(follower, Follower) else set()

    @invariant()
    def nothing_twice(self) -> None:
        twice = {number: count for number, count in Counter(numbers(self.site.intake.events)).items() if count > 1}
        assert not twice, twice

    @rule()
    def settle(self) -> None:
        """Once everything is read, every line is an event, or was out of reach and lies in a gap."""
        self.site.read()
        self.site.sleep(6)
        self.site.read()
        self.cuts_unread = 0
        self.is_unseen = False
        missing = set(range(self.written)) - set(numbers(self.site.intake.events))
        if self.half:
            missing.discard(self.written - 1)
        if self.is_deleted and len(self.site.intake.gaps) > self.gaps_known:
            self.excused |= missing  # what came after a file that is gone may be older than it, for all we know
            self.is_renamed = False  # and app.log.1 may be such a file: nothing more is written to it
        self.is_deleted = False
        self.gaps_known = len(self.site.intake.gaps)
        assert missing <= self.excused, sorted(missing - self.excused)
        if missing - self.unknowable:
            assert {gap.cause for gap in self.site.intake.gaps} & {GapCause.TRUNCATED, GapCause.ROTATED}


TestRotation = Rotation.TestCase
TestRotation.settings = settings(stateful_step_count=30)
