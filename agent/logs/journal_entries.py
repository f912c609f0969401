"""What `journalctl -o json` prints -> entries, and an entry -> the lines that are searched. Pure.

An entry reads `TIME WORD NAME[PID]: MESSAGE`, with the journal's own time and the word of its priority, so that
catalogues written for log files find what they look for. Further lines of a message follow as they are.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from wire.limits import LINE_BYTES

WORDS: Final = ("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
CURSOR_CHARS: Final = 500
MESSAGE_BYTES: Final = LINE_BYTES - 1_000


class Entry(NamedTuple):
    """One entry. `at_us` is the journal's time in microseconds since 1970; `lost` counts cut bytes."""

    cursor: str
    at_us: int
    lines: tuple[bytes, ...]
    lost: int = 0


def read_entry(raw: bytes) -> Entry | None:
    """The entry in one line of output; None for anything else, such as what journalctl has to say itself."""
    try:
        fields = json.loads(raw)
        cursor, at_us = fields["__CURSOR"], int(fields["__REALTIME_TIMESTAMP"])
        message = _bytes_of(fields.get("MESSAGE"))
        name = _text_of(fields.get("SYSLOG_IDENTIFIER")) or _text_of(fields.get("_COMM")) or "journal"
        process, priority = _text_of(fields.get("_PID")), _text_of(fields.get("PRIORITY"))
        at = EPOCH + timedelta(microseconds=at_us)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    if not isinstance(cursor, str) or not 0 < len(cursor) <= CURSOR_CHARS:
        return None
    word = WORDS[int(priority)] if priority in set("01234567") else "INFO"
    number = f"[{process}]" if process else ""
    head = f"{at.isoformat(timespec='microseconds')} {word} {name}{number}: ".encode("utf-8", "backslashreplace")
    kept = message[:MESSAGE_BYTES].rstrip(b"\n")
    lines = (head[:500] + kept).split(b"\n")
    return Entry(cursor, at_us, tuple(lines), max(0, len(message) - MESSAGE_BYTES))


def _bytes_of(value: object) -> bytes:
    """A field: text, a list of bytes where it is no text, a list of those where it occurs several times, or null."""
    if isinstance(value, list):
        if all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):  # noqa: PLR2004  # a byte
            return bytes(value)
        return b" ".join(_bytes_of(each) for each in value)
    return value.encode("utf-8", "backslashreplace") if isinstance(value, str) else b""


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else ""
