"""What is told of lines that could not be read. Pure."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from agent.spool.port import Cursor
from wire.messages import Gap, GapCause


def stopped_gap(cause: GapCause, cursor: Cursor, now: datetime, detail: str) -> Gap:
    """Something after `cursor` is missing, and how much cannot be known: nobody was looking."""
    return Gap(
        cause=cause,
        source=cursor.path,
        noticed_at=now,
        until=now,
        from_byte=cursor.position,
        bytes_lost=0,
        detail=detail,
    )


def cut_gap(cursor: Cursor, size: int, since: datetime, now: datetime) -> Gap:
    """An open file was cut; it had `size` bytes when it was last looked at, and was read up to `cursor`."""
    return Gap(
        cause=GapCause.TRUNCATED,
        source=cursor.path,
        noticed_at=now,
        since=since,
        until=now,
        from_byte=cursor.position,
        bytes_lost=max(0, size - cursor.position),
        detail="the file was cut; what was written since the last reading is lost",
    )


def shorter_gap(gap: Gap, copied: int) -> Gap:
    """The gap of a cut file of which a copy has `copied` bytes."""
    lost = max(0, gap.from_byte + gap.bytes_lost - copied)
    detail = "the file was copied and cut; what was written in between is lost"
    return replace(gap, from_byte=copied, bytes_lost=lost, detail=detail)
