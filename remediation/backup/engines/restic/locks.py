"""Whose lock stands in the way. A lock is removed only when its owner is provably this host, and dead.

restic's own judgement takes a host name and a process id as proof, or half an hour. Here every restic that
we start is written down first in a folder of ours, with host, boot, process id and time of start, and struck
out when it has ended. After a power cut what was not struck out proves which locks are nobody's.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from remediation.backup.engines.lease import Owner, is_provably_dead, owner_of
from remediation.durable import write_durably


class Register:
    """The restics of this host, one file each in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def strike_out(self, pids: Iterable[int]) -> None:
        """These have ended, or their locks are gone."""
        for pid in pids:
            self._path(pid).unlink(missing_ok=True)

    def note(self, pid: int) -> None:
        """Write down a restic that was started just now."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(ProcessLookupError):  # it has ended already
            write_durably(self._path(pid), msgspec.json.encode(owner_of(pid)))

    def dead(self) -> dict[int, Path]:
        """Restics that were never struck out and are provably gone: their process ids."""
        found = {}
        for path in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []:
            with contextlib.suppress(OSError, msgspec.DecodeError):
                owner = msgspec.json.decode(path.read_bytes(), type=Owner)
                if is_provably_dead(owner):
                    found[owner.pid] = path
        return found

    def _path(self, pid: int) -> Path:
        return self._folder / f"{pid}.json"


def is_ours_and_dead(lock: Mapping[str, Any], dead: Mapping[int, Path]) -> bool:
    """Whether a lock, as restic shows it, belongs to one of these."""
    return lock.get("hostname") == socket.gethostname() and lock.get("pid") in dead


def holder_of(lock: Mapping[str, Any]) -> str:
    """For people."""
    return f"{lock.get('hostname', '?')} ({lock.get('pid', '?')}, {str(lock.get('time', '?'))[:19]})"
