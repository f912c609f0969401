"""One run at a time for each target, on this host.

A lease names its owner so well that a dead one can be told (`engines/lease.py`): after a power cut the
boot is another one; after a crash the process is gone, or its number belongs to one that started later.
Only a lease whose owner is surely dead is taken over; nothing is unlocked by guess or age.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from remediation.backup.engines.lease import Owner, is_provably_dead
from remediation.backup.errors import TargetUnavailable
from remediation.durable import PRIVATE_FOLDER, write_durably
from wire.sentence import sentence

FOLDER_NAME: Final = "leases"
_NAME_CHARS: Final = 32


@contextmanager
def leased(state: Path, target: str, me: Owner, is_dead: Callable[[Owner], bool] = is_provably_dead) -> Iterator[None]:
    """Hold the lease of this target; `TargetUnavailable` while another run holds it."""
    folder = state / FOLDER_NAME
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(target.encode()).hexdigest()[:_NAME_CHARS]}.json"
    with _alone(folder):
        held = _read(path)
        if held is not None and not is_dead(held):
            words = sentence(
                "another run (process {pid}) works with this target; wait until it ends, or end it", pid=held.pid
            )
            raise TargetUnavailable(words)
        write_durably(path, msgspec.json.encode(me))
    try:
        yield
    finally:
        with _alone(folder):
            if _read(path) == me:
                path.unlink()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """For the moment of looking and taking."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _read(path: Path) -> Owner | None:
    """Who holds it; None for no lease, or one that cannot be read: it is written in one step, so nobody wrote it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Owner)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return None
