"""How restic is called: key, address, limits; and once more after a lock that was nobody's.

The key is given by a pipe that only this restic reads (`RESTIC_PASSWORD_FILE=/dev/fd/N`) and the address by
the environment, never on the command line. Reading takes no lock (`--no-lock`), so that an append-only target
need not let one go.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from remediation.backup.engines.restic import output
from remediation.backup.engines.restic.locks import Register, holder_of, is_ours_and_dead
from remediation.backup.engines.restic.places import Place
from remediation.backup.errors import TargetUnavailable
from remediation.backup.programs import Program, ProgramFailed, Programs, Ran
from wire.sentence import sentence

TIMEOUT_S: Final = 24 * 3600.0  # of one call; a run has its own, shorter limit
OUTPUT_BYTES: Final = 64 << 20  # 100,000 snapshots
LOCKS_MAX: Final = 100
# restic tries again for a quarter of an hour whatever the target says; these will not be otherwise by then.
HOPELESS: Final = (b"no space left on device", b"read-only file system", b"disk quota exceeded")


@dataclass(frozen=True)
class Gentle:
    """What a run may use; None and 0: no limit."""

    upload_bytes_per_s: int | None = None
    niceness: int = 0
    is_idle_io: bool = False


@dataclass(frozen=True)
class Caller:
    """Calls restic for one place."""

    place: Place
    key: str
    state: Path
    programs: Programs
    gentle: Gentle
    program: str

    def run(self, *arguments: str, take: Callable[[bytes], None] | None = None, new_key: str = "") -> Ran:
        """One restic to its end. `new_key` is given by a pipe too, as `--new-password-file`."""
        register = Register(self.state / "started")
        with self._program(arguments, register.note, new_key) as (program, pids):
            hopeless = HOPELESS if arguments[0] == "backup" else ()
            ran = self.programs.run(replace(program, hopeless=hopeless), take=take)
            if ran.exit_code is not None:  # one that was killed has left its lock: it stays written down
                register.strike_out(pids)
            return ran

    def must(self, *arguments: str) -> Ran:
        """The same; raises what to do when it failed."""
        ran = self.run(*arguments)
        if not ran.is_success:
            raise output.failure_of(ran.complaint or str(ran), self.place.where)
        return ran

    def healed(self, *arguments: str, take: Callable[[bytes], None] | None = None) -> Ran:
        """The same as `run`, once more after removing locks that are provably nobody's."""
        ran = self.run(*arguments, take=take)
        if ran.is_success or not output.is_locked(ran.complaint):
            return ran
        self._remove_locks()
        return self.run(*arguments, take=take)

    def heal(self) -> None:
        """Remove what our own dead ones left, if any did."""
        if Register(self.state / "started").dead():
            self._remove_locks(is_needed=False)

    def stream(self, *arguments: str) -> Iterator[bytes]:
        """Standard output in pieces; raises what to do at the end of one that failed."""
        with self._program(arguments, lambda _: None) as (program, _):
            try:
                yield from self.programs.stream(program)
            except ProgramFailed as error:
                raise output.failure_of(error.ran.complaint or str(error.ran), self.place.where) from error

    def _remove_locks(self, *, is_needed: bool = True) -> None:
        """Remove locks of our dead ones. `TargetUnavailable` when somebody else's stands in the way."""
        register = Register(self.state / "started")
        dead = register.dead()
        names = self.must("list", "locks", "--no-lock", "--quiet").output.decode().split()[:LOCKS_MAX]
        left = False
        for name in names:
            lock = output.message_of(self.must("cat", "lock", name, "--no-lock", "--quiet").output.strip())
            if is_ours_and_dead(lock, dead):
                left |= not self.place.remove_lock(name)
            elif is_needed:
                raise TargetUnavailable(
                    sentence(
                        "{path} is in use by {holder}; the next run tries again",
                        path=self.place.where,
                        holder=holder_of(lock),
                    )
                )
        if left:
            self.run("unlock")  # restic removes those whose process is gone, or that are half an hour old
        register.strike_out(list(dead))

    @contextmanager
    def _program(
        self, arguments: tuple[str, ...], note: Callable[[int], None], new_key: str = ""
    ) -> Iterator[tuple[Program, list[int]]]:
        """What is started, and the list of ids that it will be given."""
        (self.state / "tmp").mkdir(mode=0o700, parents=True, exist_ok=True)
        pids: list[int] = []

        def started(pid: int) -> None:
            pids.append(pid)
            note(pid)

        with _whispered(self.key) as key, _whispered(new_key) as new:
            more = ("--new-password-file", f"/dev/fd/{new}") if new_key else ()
            program = self._described((*arguments, *more), key, started)
            yield replace(program, passed=(key, new)) if new_key else program, pids

    def _described(self, arguments: tuple[str, ...], key: int, started: Callable[[int], None]) -> Program:
        limit = self.gentle.upload_bytes_per_s
        pace = ("--limit-upload", str(max(1, limit >> 10))) if limit else ()
        return Program(
            (self.program, "--cache-dir", str(self.state / "cache"), *self.place.options, *pace, *arguments),
            TIMEOUT_S,
            environment={
                **self.place.environment,
                "RESTIC_REPOSITORY": self.place.address,
                "RESTIC_PASSWORD_FILE": f"/dev/fd/{key}",
                "TMPDIR": str(self.state / "tmp"),  # packs are made there before they are sent
                "TZ": "UTC",
            },
            niceness=self.gentle.niceness,
            is_idle_io=self.gentle.is_idle_io,
            passed=(key,),
            output_bytes=OUTPUT_BYTES,
            started=started,
        )


@contextmanager
def _whispered(secret: str) -> Iterator[int]:
    """A handle from which this line can be read once."""
    reader, writer = os.pipe()
    try:
        os.write(writer, secret.encode() + b"\n")
        os.close(writer)
        yield reader
    finally:
        os.close(reader)
