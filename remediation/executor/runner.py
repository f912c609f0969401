"""The only place where this product starts a program on a customer's server.

Argument lists only. The program is an absolute path, or a bare name that is looked up in `PATH`, a
list that stands here and comes from nobody; a file that others than its owner may write is refused.
Environment, working directory, umask and standard input are fixed; nothing of the caller leaks in.

A program gets a session of its own, and everything it started ends with it: when it exits or its
time is over, its whole session is killed, and so are descendants that made a session of their own.
Those are found because this process is the *subreaper* of its descendants: an orphan becomes our
child, so that no double fork can hide it. An action that shall leave something running asks the
service manager to start it.

Output is read all the time, so that no program stands still on a full pipe, and kept up to a limit.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from remediation.executor.port import Ran
from remediation.repair.actions import Program

PATH: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
ENVIRONMENT: Final[Mapping[str, str]] = {"PATH": ":".join(PATH), "LC_ALL": "C.UTF-8", "HOME": "/", "TERM": "dumb"}
DRAIN_S: Final = 2.0  # for what the killed ones had written; a pipe holds 64 KB
ROUNDS: Final = 50  # of killing: a bomb that forks faster than this meets the unit's task limit
_CHUNK: Final = 65_536
_PR_SET_CHILD_SUBREAPER: Final = 36


class SystemRunner:
    """Runs programs on this host, one at a time."""

    def __init__(self, monotonic: Callable[[], float], *, path: tuple[str, ...] = PATH) -> None:
        self._monotonic = monotonic
        self._path = path
        self._apart: list[subprocess.Popen[bytes]] = []
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def run(self, program: Program) -> Ran:
        """Start it, wait for it or kill it, and say how it ended."""
        found = self._find(program.argv[0])
        if isinstance(found, str):
            return Ran(problem=found)
        others = set(_children(os.getpid()))
        started_at = self._monotonic()
        try:
            child = _start(found, program.argv)
        except (OSError, ValueError) as error:
            return Ran(problem=f"{found} cannot be started: {error}")
        try:
            watch = _Watch(child, program.output_bytes, self._monotonic)
            is_timeout = not watch.until_exit(started_at + program.timeout_s)
        finally:
            _kill_all(child, others)
        watch.drain(self._monotonic() + DRAIN_S)
        code = child.returncode
        return Ran(
            exit_code=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            is_timeout=is_timeout,
            duration_s=round(self._monotonic() - started_at, 4),
            output=bytes(watch.output),
            output_bytes=watch.total,
        )

    def start_apart(self, argv: tuple[str, ...]) -> str:
        """Start a program of our own that goes on by itself, in our environment; what went wrong, or nothing.

        Only where there is no service manager to do it.
        """
        try:
            self._apart = [child for child in self._apart if child.poll() is None]
            started = subprocess.Popen(  # noqa: S603  # our own program
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                close_fds=True, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            return f"{argv[0]} cannot be started: {error}"
        self._apart.append(started)
        return ""

    def _find(self, name: str) -> Path | str:
        """The program's file, or why there is none."""
        if "/" in name:
            candidates = [Path(name)] if name.startswith("/") and ".." not in Path(name).parts else []
        else:
            candidates = [Path(folder) / name for folder in self._path]
        for candidate in candidates:
            with contextlib.suppress(OSError, ValueError):
                found = candidate.stat()
                if stat.S_ISREG(found.st_mode) and os.access(candidate, os.X_OK):
                    return candidate if not found.st_mode & 0o022 else f"{candidate} may be changed by others"
        return f"there is no program {name}"


def _start(path: Path, argv: tuple[str, ...]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # an argument list of a signed action, never a shell
        argv,
        executable=path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        env=dict(ENVIRONMENT),
        cwd="/",
        umask=0o077,
        close_fds=True,
        start_new_session=True,
        restore_signals=True,
    )


class _Watch:
    """Reads a program's output while it runs, and sees it exit."""

    def __init__(self, child: subprocess.Popen[bytes], limit: int, monotonic: Callable[[], float]) -> None:
        assert child.stdout is not None  # noqa: S101  # it was asked for
        self._pipe = child.stdout
        os.set_blocking(self._pipe.fileno(), False)
        self._pid = child.pid
        self._limit = limit
        self._monotonic = monotonic
        self._is_open = True
        self.output = bytearray()
        self.total = 0

    def until_exit(self, end: float) -> bool:
        """Read until the program has exited; False when `end` comes first."""
        exit_handle = os.pidfd_open(self._pid)
        try:
            with selectors.DefaultSelector() as ready:
                ready.register(exit_handle, selectors.EVENT_READ)
                ready.register(self._pipe, selectors.EVENT_READ)
                while (left := end - self._monotonic()) > 0:
                    keys = [key.fileobj for key, _ in ready.select(left)]
                    if self._pipe in keys and not self._read():
                        ready.unregister(self._pipe)
                    if exit_handle in keys:
                        return True
        finally:
            os.close(exit_handle)
        return False

    def drain(self, end: float) -> None:
        """Read what is left; all writers are dead, so there is an end."""
        while self._is_open and self._monotonic() < end:
            before = self.total
            if self._read() and self.total == before:
                break
        self._pipe.close()

    def _read(self) -> bool:
        """Take one chunk; False at the end."""
        try:
            chunk = os.read(self._pipe.fileno(), _CHUNK)
        except BlockingIOError:
            return True
        self.total += len(chunk)
        self.output += chunk[: max(0, self._limit - len(self.output))]
        self._is_open = bool(chunk)
        return self._is_open


def _kill_all(child: subprocess.Popen[bytes], others: set[int]) -> None:
    """Kill the program's session and whatever descends from it, until nothing is left; reap all."""
    for _ in range(ROUNDS):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        mine = set(_children(os.getpid())) - others
        for pid in _descendants(mine):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        child.wait()
        orphans = mine - {child.pid}
        for pid in orphans:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        if not orphans and not set(_children(os.getpid())) - others:
            return


def _descendants(roots: set[int]) -> list[int]:
    found, waiting = [], list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    """The processes whose parent is `pid`, dead ones that wait to be reaped included."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
                if int(fields[1]) == pid:
                    found.append(int(entry.name))
    return found
