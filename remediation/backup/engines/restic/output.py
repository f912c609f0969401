"""What restic says, read with care: fields came and went between 0.14 and 0.18, so only what is there is used."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, unquote

import msgspec

from remediation.backup.errors import BackupError, TargetRefused, TargetUnavailable
from remediation.backup.model import Damage, Entry, EntryKind, Snapshot, Unread
from wire.sentence import sentence

REPLACED: Final = "\ufffd"
LINE_BYTES_MAX: Final = 1 << 20
DAMAGES_MAX: Final = 10_000
_LABEL = "="
_KINDS: Final = {
    "file": EntryKind.FILE,
    "dir": EntryKind.FOLDER,
    "symlink": EntryKind.SYMLINK,
    "fifo": EntryKind.FIFO,
    "socket": EntryKind.SOCKET,
    "dev": EntryKind.DEVICE,
    "chardev": EntryKind.DEVICE,
}
_GO_BITS: Final = ((1 << 23, 0o4000), (1 << 22, 0o2000), (1 << 20, 0o1000))
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
_PROBLEM: Final = re.compile(r"^ignoring error for (.*?): (.*)$")
_NOISE: Final = re.compile(
    r"^(using temporary cache|create exclusive|load indexes|check |read |\[|no errors|repository .* opened|created new"
    r"|Fatal: repository contains errors|The repository (is damaged|index)|\s*$|warning:|hint:)",
    re.IGNORECASE,
)
_APPEND_ONLY: Final = ("append-only", "403 forbidden", "access denied")


def lines_of(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines; one beyond the limit is cut."""
    waiting = b""
    for piece in pieces:
        *lines, waiting = (waiting + piece).split(b"\n")
        yield from lines
        waiting = waiting[:LINE_BYTES_MAX]
    if waiting:
        yield waiting


class Lines:
    """The same for who is given the pieces."""

    def __init__(self, take_line: Callable[[bytes], None]) -> None:
        self._take_line = take_line
        self._waiting = b""

    def take(self, piece: bytes) -> None:
        """One piece more; whole lines are passed on."""
        *lines, self._waiting = (self._waiting + piece).split(b"\n")
        for line in lines:
            self._take_line(line)
        self._waiting = self._waiting[:LINE_BYTES_MAX]


def message_of(line: bytes) -> Mapping[str, Any]:
    """One line of JSON; empty when it is none."""
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def tags_of(labels: Mapping[str, str]) -> list[str]:
    """Labels as tags; restic splits tags at commas, so everything but plain characters is escaped."""
    return [f"{quote(name, safe='')}{_LABEL}{quote(value, safe='')}" for name, value in labels.items()]


def snapshot_of(found: Mapping[str, Any], arrived_at: datetime | None) -> Snapshot:
    """One of `snapshots --json`."""
    pairs = [tag.partition(_LABEL) for tag in found.get("tags") or [] if _LABEL in tag]
    summary = found.get("summary") or {}
    return Snapshot(
        id=found["id"],
        at=time_of(found["time"])[0],
        host=found.get("hostname", ""),
        roots=tuple(found.get("paths") or ()),
        labels={unquote(name): unquote(value) for name, _, value in pairs},
        arrived_at=arrived_at,
        files=summary.get("total_files_processed"),
        size_bytes=summary.get("total_bytes_processed"),
    )


def entry_of(found: Mapping[str, Any], path: str) -> Entry:
    """One node of `ls --json`."""
    bits = found.get("mode", 0)
    moment, nanoseconds = time_of(found["mtime"])
    return Entry(
        path=path,
        kind=_KINDS.get(found["type"], EntryKind.FILE),
        size_bytes=found.get("size", 0),
        mode=bits & 0o777 | sum(unix for go, unix in _GO_BITS if bits & go),
        uid=found.get("uid", 0),
        gid=found.get("gid", 0),
        mtime_ns=int(moment.timestamp()) * 1_000_000_000 + nanoseconds,
        target=found.get("linktarget", ""),
    )


def raw_path(found: str, lines: Iterator[bytes]) -> str:
    """A path as it is on the disk, from the plain listing: JSON replaces what is no text."""
    return os.fsdecode(b"\n".join(next(lines, b"") for _ in range(found.count("\n") + 1)))


def time_of(text: str) -> tuple[datetime, int]:
    """The second, and the nanoseconds in it: Go writes more digits than Python reads."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    zone = "+00:00" if match[3] == "Z" else match[3]
    return datetime.fromisoformat(match[1] + zone).astimezone(UTC), int((match[2] or "0").ljust(9, "0"))


def unread_of(complaint: str) -> list[Unread]:
    """What a save or restore complained of: JSON messages or plain lines."""
    found = []
    for line in complaint.splitlines():
        message = message_of(line.encode())
        if message.get("message_type") == "error":
            error = message.get("error") or {}
            reason = error.get("message") or error.get("Err") or error.get("Op") or "cannot be read"
            found.append(Unread(str(message.get("item", "")), str(reason)))
        elif match := _PROBLEM.match(line):
            found.append(Unread(match[1], match[2]))
        elif line.endswith("does not exist, skipping"):
            found.append(Unread(line.removesuffix(" does not exist, skipping"), "does not exist"))
    return found


def demand_disk(problems: Iterable[Unread]) -> None:
    """`OSError` when one of these problems is the disk itself, and so no single file's."""
    for problem in problems:
        for number in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS):
            if os.strerror(number).lower() in problem.reason.lower():
                raise OSError(number, os.strerror(number))


def damages_of(text: str) -> list[Damage]:
    """What `check` found; one for each thing it names."""
    found: list[Damage] = []
    for line in text.splitlines():
        message = message_of(line.encode())
        plain = str(message.get("message", "")) if message else line
        if plain and not _NOISE.match(plain) and len(found) < DAMAGES_MAX:
            found.append(Damage(plain.strip().split(":")[0][:200], plain.strip()[:400]))
    return found


def failure_of(complaint: str, where: str) -> BackupError:
    """Why restic gave up, as what to do."""
    low = complaint.lower()
    if "wrong password or no key found" in low:
        return TargetRefused(
            sentence("the key does not open {path}; use the key file or the recovery sheet of this site", path=where)
        )
    if "unable to open config file" in low or "repository does not exist" in low:
        return TargetUnavailable(
            sentence("{path} is no backup target now; attach the disk, or prepare the target if it is new", path=where)
        )
    if "no space left" in low:
        return TargetUnavailable(
            sentence("{path} is full; free space there, or let the receiver forget old backups", path=where)
        )
    if "read-only file system" in low:
        return TargetUnavailable(
            sentence("{path} can only be read; mount it for writing and look at why it was not", path=where)
        )
    if any(words in low for words in _APPEND_ONLY):
        return TargetRefused(
            sentence("{path} takes no deletions from here; forget old backups on the receiver", path=where)
        )
    lines = [line for line in complaint.strip().splitlines() if line.strip()]
    return TargetUnavailable(
        sentence("{path} cannot be used: {why}", path=where, why=lines[-1][:300] if lines else "no answer")
    )


def is_locked(complaint: str) -> bool:
    """Whether somebody's lock was in the way."""
    return "already locked" in complaint or "unable to create lock" in complaint
