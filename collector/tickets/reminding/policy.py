"""When a customer who has to answer is reminded, and when a ticket stops to wait for the answer; pure.

Reminders come at the close of the first, third and fifth working day of the site's calendar; the close of
the first whole working day after the last one resolves the ticket. It may be reopened, as any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from collector.sla.history import PauseReason

REMINDED_AFTER_DAYS = (1, 3, 5)
LEFT_DAYS = 1  # for an answer to the last reminder
ANSWERED_BY_CUSTOMER = frozenset({PauseReason.CUSTOMER_INFO, PauseReason.CUSTOMER_CONSENT, PauseReason.CUSTOMER_ACCESS})


@dataclass(frozen=True)
class Due:
    """What is due: how many reminders there should have been by now, and whether to give up."""

    reminded: int
    is_over: bool = False


def due_by(now: datetime, reminded: int, close_of: Callable[[int], datetime], left_until: datetime | None) -> Due:
    """What is due by `now` after `reminded` reminders; `close_of` is the close of the n-th working day of the wait.

    `left_until` is when `LEFT_DAYS` after the newest reminder are over, None before the first. Reminders
    that were missed while nothing ran are told once.

    >>> from datetime import UTC
    >>> def close_of(day: int) -> datetime:
    ...     return datetime(2026, 11, 23 + day, 8, tzinfo=UTC)
    >>> due_by(datetime(2026, 11, 26, 8, tzinfo=UTC), 0, close_of, None)
    Due(reminded=2, is_over=False)
    """
    passed = reminded
    for number, days in enumerate(REMINDED_AFTER_DAYS, start=1):
        if number > reminded and close_of(days) <= now:
            passed = number
    is_over = reminded == len(REMINDED_AFTER_DAYS) and left_until is not None and left_until <= now
    return Due(passed, is_over)
