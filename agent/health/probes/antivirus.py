"""ClamAV: whether its engine answers, how old its definitions are, and what its log says it found.

The log is read from where the last reading ended. A line of a detection ends in ` FOUND`; clamd writes
`PATH: NAME FOUND`, with a time and an arrow before it and, where it hashes, `(md5:size)` behind the name. What came
over its socket has no path: `instream(local)` and `fd[10]` stand there. clamscan writes paths as they were given to it.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from agent.health.probe import Reading, Remember, reading_of
from agent.health.thresholds import Bounds
from agent.settings.probes import AntivirusCheck

CLAMD = Path("/usr/sbin/clamd")
DATABASES = ("daily.cvd", "daily.cld", "main.cvd", "main.cld")
HEADER = "ClamAV-VDB:"
HEADER_BYTES = 512
WAIT_S = 5.0
SETTLE_S = 60.0  # a daemon that loads new definitions does not answer for a while
LOG_BYTES = 1_000_000  # of new lines in one reading; more are skipped
FINDINGS = 100
TOLD_S = 86_400.0  # how long a finding is told
FOUND = re.compile(r"(?:[^/>]{0,40}-> )?(?P<path>[^\n]{1,1000}?): (?P<name>[^\s(]+)(?:\([0-9a-f]+:\d+\))? FOUND$")


class Seen(msgspec.Struct, frozen=True):
    """How far which log was read, and what was found in it when (seconds since 1970)."""

    inode: int = 0
    position: int = 0
    found: dict[str, float] = {}


class Antivirus:
    """Readings of a ClamAV, and none on a host without it."""

    name = "antivirus"

    def __init__(
        self, settings: AntivirusCheck, recall: Callable[[str], str], interval_s: float = 300, *, clamd: Path = CLAMD
    ) -> None:
        self.interval_s = interval_s
        self._settings = settings
        self._recall = recall
        self._clamd = clamd

    def read(self, now: datetime) -> Iterator[Reading | Remember]:
        """Engine, definitions, findings."""
        folder = Path(self._settings.definitions)
        if not folder.is_dir():
            return
        wants_daemon = self._has_run() if self._settings.daemon is None else self._settings.daemon
        if wants_daemon:
            problem = ping(self._settings.socket)
            text = f"clamd: {problem}" if problem else "clamd answers"
            yield reading_of("HOST-AVS-0001", "", is_bad=bool(problem), text=text, for_s=SETTLE_S)
        newest = max((newest_definitions(folder / name) for name in DATABASES), default=0.0)
        if not wants_daemon and not newest:
            return  # installed once and never used: no antivirus of this host
        yield self._age(newest, now)
        yield from self._findings(now)

    def _has_run(self) -> bool:
        """Whether clamd is installed and was ever started: what came with a package and never ran guards nobody."""
        socket_path, log = Path(self._settings.socket), Path(self._settings.log)
        logs = log.parent.glob(f"{log.name}*")  # rotated ones too; the package itself makes an empty one
        return self._clamd.exists() and (socket_path.exists() or any(path.stat().st_size for path in logs))

    def _age(self, newest: float, now: datetime) -> Reading:
        days = (now.timestamp() - newest) / 86_400
        limit = self._settings.max_age_s / 86_400
        text = f"the newest definitions are {days:.1f} days old" if newest else "there are no definitions"
        return Reading("HOST-AVS-0002", "", days, "days", Bounds(limit, limit), text)

    def _findings(self, now: datetime) -> Iterator[Reading | Remember]:
        try:
            seen = msgspec.json.decode(self._recall(self.name) or "{}", type=Seen)
        except msgspec.DecodeError:
            seen = Seen()
        try:
            seen, lines = read_on(Path(self._settings.log), seen)
        except FileNotFoundError:
            lines = []
        at = now.timestamp()
        found = {name: since for name, since in seen.found.items() if at - since < TOLD_S}
        for line in lines:
            if (match := FOUND.match(line)) and len(found) < FINDINGS:
                found[f"{match['name']} in {match['path']}"] = at
        for name in found:
            yield reading_of("HOST-AVS-0003", name, is_bad=True, text=f"ClamAV found {name}")
        yield Remember(msgspec.json.encode(Seen(seen.inode, seen.position, found)).decode())


def ping(path: str) -> str:
    """What is wrong with the daemon behind this socket; empty when it answers PING with PONG."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(WAIT_S)
            connection.connect(path)
            connection.sendall(b"zPING\0")
            answer = connection.recv(64)
    except TimeoutError:
        return f"no answer in {WAIT_S:g} s"
    except OSError as error:
        return f"{path}: {error.strerror or error}"
    return "" if answer.startswith(b"PONG") else f"it says {answer!r}"


def newest_definitions(path: Path) -> float:
    """When these definitions were made, by their header's last field, else by the file; 0 when there are none.

    A header is `ClamAV-VDB:19 Oct 2026 09-30 -0000:27000:2069000:90:md5:signature:builder:SECONDS`.
    """
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES).decode("ascii", "replace").strip("\0 \n")
        made = header.partition(HEADER)[2].split(":")[-1].strip()
        return float(made) if header.startswith(HEADER) and made.isdigit() else path.stat().st_mtime
    except OSError:
        return 0.0


def read_on(path: Path, seen: Seen) -> tuple[Seen, list[str]]:
    """New whole lines of the log; a log that was replaced or cut is read from its beginning."""
    with path.open("rb") as file:
        size, inode = file.seek(0, 2), path.stat().st_ino
        is_first = seen.inode == 0
        start = seen.position if inode == seen.inode and seen.position <= size else 0
        if is_first:
            start = size  # what was found before the agent came is not news
        file.seek(max(start, size - LOG_BYTES))
        raw = file.read(LOG_BYTES)
        end = file.tell() - len(raw) + raw.rfind(b"\n") + 1
    return Seen(inode, end, seen.found), raw[: raw.rfind(b"\n") + 1].decode("utf-8", "replace").splitlines()
