"""Who is told when so much of a clock's time is used up; pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from collector.sla.clock import WARNED_AT, warned_at
from collector.sla.history import Cycle

BREACHED = 100


class Audience(StrEnum):
    """Who is told."""

    ASSIGNEE = "assignee"
    LEAD = "lead"
    MANAGER = "manager"
    CENTRE = "centre"
    HEADQUARTERS = "headquarters"


_A = Audience
AUDIENCE = MappingProxyType(
    {
        50: (_A.ASSIGNEE,),
        75: (_A.ASSIGNEE, _A.LEAD),
        90: (_A.ASSIGNEE, _A.LEAD, _A.MANAGER, _A.CENTRE),
        BREACHED: tuple(Audience),
    }
)


def passed_by(cycle: Cycle, now: datetime, warned: int) -> int | None:
    """The highest percent reached by `now` that has not been told; None when there is none."""
    reached = [percent for percent, at in _instants(cycle) if at is not None and at <= now and percent > warned]
    return max(reached, default=None)


def next_at(cycle: Cycle, warned: int) -> datetime | None:
    """When the next warning is due; None when the clock stands or is over, or all has been told."""
    if not cycle.is_open or cycle.is_standing or warned >= WARNED_AT[-1]:
        return None
    return next((at for percent, at in _instants(cycle) if percent > warned), None)


def _instants(cycle: Cycle) -> list[tuple[int, datetime | None]]:
    return warned_at(cycle.terms.working, cycle.start, cycle.terms.target, cycle.pauses)
