"""Changing who can open the backup: a second recipient, another key. What was saved stays readable throughout.

Rotation never leaves a moment without a key that works: the new key is on the disk and opens the target
before the old one stops opening it. Who had the old key and read the target before may have kept what it
opened; a key that was stolen is answered with a new target.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from remediation.backup.errors import TargetRefused
from remediation.backup.keys.key_file import load_key, replace_key, write_key
from remediation.durable import write_durably

NEXT: Final = ".next"  # the new key, until it is in place
FORMER: Final = ".former"  # the name of the old one, until it is expelled


class Lock(Protocol):
    """A target as it knows its keys; opened with one of them."""

    def recipients(self) -> list[str]:
        """Names of what opens it."""

    def admit(self, secret: bytes) -> str:
        """Let one more key open it; its name."""

    def expel(self, name: str) -> None:
        """Let one key open it no more."""

    def opened_by(self) -> str:
        """The name of the key that it was opened with."""


def rotate(path: Path, new_key: bytes, open_lock: Callable[[bytes], Lock]) -> None:
    """Replace the key in `path`: written beside, admitted, tried, put in its place, then the old one expelled.

    Cut off anywhere, the key in `path` opens the target, and a second call ends what the first began.
    """
    beside, former = path.with_name(path.name + NEXT), path.with_name(path.name + FORMER)
    if not former.exists():
        old_name = open_lock(load_key(path)).opened_by()
        if not beside.exists():
            write_key(beside, new_key)
        write_durably(former, old_name.encode())
    old_name = former.read_text()
    if beside.exists():
        _take_over(path, beside, open_lock)
    lock = open_lock(load_key(path))
    if old_name in lock.recipients() and old_name != lock.opened_by():
        lock.expel(old_name)
    former.unlink()


def _take_over(path: Path, beside: Path, open_lock: Callable[[bytes], Lock]) -> None:
    new_key = load_key(beside)
    try:
        open_lock(new_key).opened_by()
    except TargetRefused:
        open_lock(load_key(path)).admit(new_key)
        open_lock(new_key).opened_by()
    replace_key(path, new_key)
    beside.unlink()
