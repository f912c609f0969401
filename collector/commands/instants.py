"""Instants and pauses as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from collector.sla.clock import Pause
from collector.sla.working_time import YEAR_MAX, YEAR_MIN
from terminal import CommandRefused
from wire.sentence import sentence


def read_instant(text: str, zone: tzinfo) -> datetime:
    """A date and time, UTC; without an offset it is of `zone`. `CommandRefused` for anything else."""
    try:
        at = datetime.fromisoformat(text)
        local = at if at.tzinfo else at.replace(tzinfo=zone)
        if YEAR_MIN < local.year < YEAR_MAX:
            return local.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise CommandRefused(sentence("{text} is no date and time; write 2026-11-24T10:00+09:00", text=text))


def read_pause(text: str, zone: tzinfo) -> Pause:
    """`FROM/TO`; without TO the pause still lasts."""
    since, slash, until = text.partition("/")
    if not slash:
        raise CommandRefused(sentence("{text} is no pause; write FROM/TO, two instants with a stroke", text=text))
    pause = Pause(read_instant(since, zone), read_instant(until, zone) if until else None)
    if pause.until is not None and pause.until < pause.since:
        raise CommandRefused(sentence("the pause {text} ends before it begins", text=text))
    return pause
