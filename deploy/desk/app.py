"""The desk's clock, randomness and keyboard; the commands take them from here."""

from __future__ import annotations

import getpass
import secrets
import sys
from datetime import UTC, datetime


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
