"""One record on disk: `<chain hash, 64 hexadecimal digits> <JSON>` and a newline; pure.

What is hashed is the JSON as it stands there, never a value that was read and written again:
h(i) = SHA-256(h(i-1) || stored JSON), h(0) = 32 zero bytes. The hash in the line lets a reader say
*which* record was changed; that the whole was not rewritten, only a countersigned head can show.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from wire.fields import Time

GENESIS: Final = bytes(32)
RECORD_BYTES: Final = 300_000  # a result carries at most 64 KB of output, and JSON may write a byte as six
CONTINUED: Final = "continued"  # the first record of each further file: what the ones before it come to
_HASH_CHARS: Final = 64

Kind = Annotated[str, Meta(min_length=1, max_length=64)]


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a record says: `n` counts from 1 over all files."""

    n: Annotated[int, Meta(ge=1, le=2**53)]
    at: Time
    kind: Kind
    body: dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A line that can be read: its stored bytes, the chain hash beside them, and what they say."""

    stored: bytes
    chain: bytes
    entry: Entry


def next_hash(previous: bytes, stored: bytes) -> bytes:
    """The chain hash of a record after `previous`."""
    return hashlib.sha256(previous + stored).digest()


def write_entry(entry: Entry) -> bytes:
    """The stored bytes; `ValueError` for one that is too large."""
    stored = msgspec.json.encode(entry)
    if len(stored) > RECORD_BYTES:
        raise ValueError(f"a record has at most {RECORD_BYTES} bytes")
    return stored


def frame(stored: bytes, chain: bytes) -> bytes:
    """The line with its newline."""
    return b"%b %b\n" % (chain.hex().encode(), stored)


def read_line(raw: bytes) -> Line | None:
    """The record in a line without its newline; None when it cannot be read."""
    digits, space, stored = raw[:_HASH_CHARS], raw[_HASH_CHARS : _HASH_CHARS + 1], raw[_HASH_CHARS + 1 :]
    if len(digits) != _HASH_CHARS or space != b" " or digits != digits.lower():
        return None
    try:
        chain = bytes.fromhex(digits.decode("ascii"))
        entry = msgspec.json.decode(stored, type=Entry)
    except (ValueError, msgspec.DecodeError, RecursionError):
        return None
    return Line(stored, chain, entry) if len(chain) == len(GENESIS) else None
