"""The customer's key of redaction: 32 random bytes in the state folder, mode 0600, that never leave it.

Whoever has the key can find the value behind a token by trying all values; whoever has not, cannot. Deleting
the file makes all tokens from before unlinkable, and values before and after no longer correlate.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.durable import PRIVATE_FILE, write_durably

FILE_NAME: Final = "redaction.key"
KEY_BYTES: Final = 32


def read_key(state: Path) -> bytes | None:
    """The key, None when there is none (or what is there is none)."""
    try:
        key = (state / FILE_NAME).read_bytes()
    except FileNotFoundError:
        return None
    return key if len(key) == KEY_BYTES else None


def keep_key(state: Path, new_key: Callable[[int], bytes]) -> bytes:
    """The key, made at first; `new_key` gives so many random bytes. Others lose every right to the file."""
    path = state / FILE_NAME
    key = read_key(state)
    if key is None:
        key = new_key(KEY_BYTES)
        write_durably(path, key)
    elif path.stat().st_mode & 0o077:
        path.chmod(PRIVATE_FILE)
    return key
