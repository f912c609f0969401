"""The desk's clock, randomness, keyboard and environment; the commands take them from here."""

from __future__ import annotations

import getpass
import os
import secrets
import sys
import time
from datetime import UTC, datetime
from pathlib import Path


def now() -> datetime:
    """The wall clock, UTC, whole seconds: what is signed says no more than it means."""
    return datetime.now(UTC).replace(microsecond=0)


def new_salt() -> bytes:
    """16 random bytes."""
    return secrets.token_bytes(16)


def new_document_id() -> str:
    """128 random bits, 32 hexadecimal digits."""
    return secrets.token_hex(16)


def type_passphrase(prompt: str) -> str:
    """A passphrase typed without echo."""
    return getpass.getpass(prompt)


def read_passphrase() -> str:
    """One line of standard input."""
    return sys.stdin.readline().rstrip("\n")


def monotonic() -> float:
    """Seconds that never go back."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Wait between two questions to a collector."""
    time.sleep(seconds)


def config_folder() -> Path:
    """The user's own configuration: XDG_CONFIG_HOME, or `.config` in the home folder."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".config") / "sitewarden"


def type_line(prompt: str) -> str:
    """A line typed at the keyboard; the prompt goes to standard error."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline().rstrip("\n")
