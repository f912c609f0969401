"""The only place where a backup run starts a program.

Argument lists only, never a shell; nothing secret may stand in them, because everybody on the host can
read them: a key goes through the environment, a file or a handle that is passed on. The program is an
absolute path or a bare name that is looked up in `PATH`. Environment, folder, umask are fixed.

A program gets a session of its own. When it has ended, when its time is over or when the caller loses
interest (an exception, a generator that is closed), everything in that session and everything that
descends from the program is killed; nothing is left behind. There are three ways to use one:

* `run`: wait for the end; standard output is kept up to a limit or given away piece by piece;
* `stream`: a generator of standard output, for what is too large to be kept. `ProgramFailed` is raised
  where the output would end well although the program did not: a dump that dies is never taken as whole;
* `running`: a server that stays up for the length of a `with` block.

Standard error is always read and its end kept, as the complaint that people are shown.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, cast

from remediation.backup.family import family_of
from remediation.backup.pipes import Pipes

PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT: Final[Mapping[str, str]] = {"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "TERM": "dumb"}
OUTPUT_BYTES: Final = 4 << 20
KILL_ROUNDS: Final = 20
_ROUND_S: Final = 0.5  # a killed one is reaped within this, or looked for again


@dataclass(frozen=True)
class Program:
    """One program to start. `timeout_s` counts from its start; a stream that nobody reads stands still and pays it."""

    argv: tuple[str, ...]
    timeout_s: float
    environment: Mapping[str, str] = field(default_factory=dict)  # beside ENVIRONMENT
    folder: Path = Path("/")
    user: str = ""  # the account it runs under; only root can name another
    niceness: int = 0  # 0-19
    is_idle_io: bool = False  # reads and writes only when nobody else does
    passed: tuple[int, ...] = ()  # open handles that it inherits under the same numbers
    output_bytes: int = OUTPUT_BYTES  # what `run` keeps
    started: Callable[[int], None] | None = None  # is told the program's id
    hopeless: tuple[bytes, ...] = ()  # one that complains so is not waited for any longer


@dataclass(frozen=True)
class Ran:
    """How a program ended."""

    exit_code: int | None = None  # None: it was killed, or never started
    signal: int | None = None
    is_timeout: bool = False
    problem: str = ""  # why it was not started
    output: bytes = b""  # at most `output_bytes`
    complaint: str = ""  # the end of standard error
    duration_s: float = 0.0

    @property
    def is_success(self) -> bool:
        """Whether it ended by itself with 0."""
        return self.exit_code == 0

    def __str__(self) -> str:
        """One line for people."""
        if self.problem:
            return self.problem
        if self.is_timeout:
            return f"took longer than {self.duration_s:.0f} s"
        ended = f"exit code {self.exit_code}" if self.signal is None else f"signal {self.signal}"
        last = self.complaint.strip().splitlines()[-1:]
        return ": ".join([ended, *last])


class ProgramFailed(Exception):
    """A program whose output was read ended badly."""

    def __init__(self, name: str, ran: Ran) -> None:
        super().__init__(f"{name}: {ran}")
        self.ran = ran


class Programs:
    """Starts programs on this host; any number at a time."""

    def __init__(self, monotonic: Callable[[], float], *, path: str = PATH) -> None:
        self._monotonic = monotonic
        self._path = path

    def find(self, name: str) -> str | None:
        """The absolute path of a program, None when it is not installed."""
        if "/" in name and not name.startswith("/"):
            return None
        return shutil.which(name, path=self._path)

    def run(
        self,
        program: Program,
        *,
        feed: IO[bytes] | Iterator[bytes] | None = None,
        take: Callable[[bytes], None] | None = None,
    ) -> Ran:
        """Run it to its end. `take` gets standard output as it comes, which is then not kept."""
        kept = bytearray()

        def keep(piece: bytes) -> None:
            kept.extend(piece[: max(0, program.output_bytes - len(kept))])

        pieces = self._pieces(program, feed)
        try:
            while True:
                (take or keep)(next(pieces))
        except StopIteration as end:
            ran: Ran = end.value
        finally:
            pieces.close()
        return Ran(**{**vars(ran), "output": bytes(kept)})

    def stream(self, program: Program, *, feed: IO[bytes] | Iterator[bytes] | None = None) -> Iterator[bytes]:
        """Standard output in pieces; `ProgramFailed` at the end of one that failed."""
        ran = yield from self._pieces(program, feed)
        if not ran.is_success:
            raise ProgramFailed(Path(program.argv[0]).name, ran)

    @contextlib.contextmanager
    def running(self, program: Program, log: Path) -> Iterator[Running]:
        """A server for the length of a block; what it says goes to `log`. Killed whole at the end, at the latest."""
        with log.open("ab") as output:
            child = self._start(program, subprocess.DEVNULL, output, subprocess.STDOUT)
        try:
            yield Running(child)
        finally:
            _kill_whole(child)

    def _pieces(self, program: Program, feed: IO[bytes] | Iterator[bytes] | None) -> Generator[bytes, None, Ran]:
        started_at = self._monotonic()
        file = cast("IO[bytes]", feed) if hasattr(feed, "fileno") else None
        stdin = file or (subprocess.DEVNULL if feed is None else subprocess.PIPE)
        try:
            child = self._start(program, stdin, subprocess.PIPE, subprocess.PIPE)
        except (OSError, ValueError, KeyError) as error:
            return Ran(problem=f"{program.argv[0]} cannot be started: {error}")
        if program.started:
            program.started(child.pid)
        pipes = Pipes(child.pid, (child.stdin, child.stdout, child.stderr), None if file else feed)
        try:
            is_timeout = yield from pipes.until_end(lambda: self._left_s(program, pipes, started_at))
        finally:
            _kill_whole(child)
            pipes.close()
        code = child.returncode
        return Ran(
            exit_code=code if code >= 0 and not is_timeout else None,
            signal=-code if code < 0 else None,
            is_timeout=is_timeout,
            complaint=pipes.complaint.decode(errors="replace"),
            duration_s=round(self._monotonic() - started_at, 3),
        )

    def _left_s(self, program: Program, pipes: Pipes, started_at: float) -> float:
        is_hopeless = any(words in pipes.complaint for words in program.hopeless)
        return 0.0 if is_hopeless else started_at + program.timeout_s - self._monotonic()

    def _start(
        self, program: Program, stdin: int | IO[bytes], stdout: int | IO[bytes], stderr: int
    ) -> subprocess.Popen[bytes]:
        found = self.find(program.argv[0])
        if found is None:
            raise FileNotFoundError(f"there is no program {program.argv[0]}")
        account = pwd.getpwnam(program.user) if program.user else None
        is_other = account is not None and account.pw_uid != os.geteuid()
        return subprocess.Popen(  # noqa: S603  # argument lists that this package wrote, never a shell
            (*self._gentle(program), found, *program.argv[1:]),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            bufsize=0,
            env={**ENVIRONMENT, "PATH": self._path, **program.environment},
            cwd=program.folder,
            user=account.pw_uid if account and is_other else None,
            group=account.pw_gid if account and is_other else None,
            extra_groups=[] if is_other else None,
            umask=0o077,
            pass_fds=program.passed,
            start_new_session=True,
        )

    def _gentle(self, program: Program) -> list[str]:
        """What stands before a program that shall not be in anybody's way; without these tools it runs as it is."""
        nice, ionice = self.find("nice"), self.find("ionice")
        before = [nice, "-n", str(program.niceness)] if nice and program.niceness else []
        return before + ([ionice, "-t", "-c", "3"] if ionice and program.is_idle_io else [])


class Running:
    """A server that was started."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child

    @property
    def pid(self) -> int:
        """Of the program itself."""
        return self._child.pid

    @property
    def is_up(self) -> bool:
        """Whether it still runs."""
        return self._child.poll() is None

    def end(self, number: signal.Signals, wait_s: float) -> bool:
        """Ask it to end; False when it has not after `wait_s` (it will be killed)."""
        if self.is_up:
            self._child.send_signal(number)
        try:
            self._child.wait(wait_s)
        except subprocess.TimeoutExpired:
            return False
        return True


def _kill_whole(child: subprocess.Popen[bytes]) -> None:
    """Kill the program, its session and its descendants, sessions of their own included."""
    known = {child.pid}
    for _ in range(KILL_ROUNDS):
        family = family_of(known)
        known |= family
        for pid in family | ({child.pid} if child.poll() is None else set()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_ROUND_S)
        if child.returncode is not None and not family:
            return
