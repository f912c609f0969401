"""R8 by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collector.settings.model import Rules
from collector.tickets.model import Signal, Ticket
from collector.tickets.returning import Return, is_late_evidence, is_unpatched, judge_return
from collector.tickets.state import TicketStatus

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RULES = Rules()
ENDED = Ticket(1, TicketStatus.RESOLVED, 1, 1, NOW, NOW, NOW, NOW, resolved_at=NOW)


def signal(received: float, occurred: float) -> Signal:
    return Signal(True, 1, 1, NOW + received * SECOND, NOW + occurred * SECOND)


@pytest.mark.parametrize(
    ("received", "occurred", "is_late"),
    [
        (10_000, 0, True),  # about the time before the resolution, however late it comes
        (10_000, 1, False),
        (299, 60, True),
        (300, 60, False),
        (299, 61, False),
        (299, -100, True),
    ],
)
def test_late_evidence_at_its_edges(received: float, occurred: float, is_late: bool) -> None:
    assert is_late_evidence(ENDED, signal(received, occurred), RULES) is is_late


def test_nothing_is_late_for_a_ticket_that_lives() -> None:
    live = replace(ENDED, status=TicketStatus.NEW, resolved_at=None)
    assert not is_late_evidence(live, signal(1, 0), RULES)
    assert not is_late_evidence(None, signal(1, 0), RULES)


@pytest.mark.parametrize(
    ("version", "fixed_in", "expected"),
    [("2.2", "2.3", True), ("2.3", "2.3", False), ("2.4", "2.3", False), (None, "2.3", False), ("2.2", None, False)],
)
def test_unpatched(version: str | None, fixed_in: str | None, expected: bool) -> None:
    assert is_unpatched(replace(ENDED, fixed_in=fixed_in), version) is expected


WEEK = 7 * 86_400


@pytest.mark.parametrize(
    ("seconds", "version", "fixed_in", "expected"),
    [
        (WEEK, None, None, Return.REOPEN),
        (WEEK + 1, None, None, Return.RECUR),
        (WEEK, "2.3", "2.3", Return.REOPEN_REGRESSED),
        (WEEK + 1, "2.3", "2.3", Return.RECUR_REGRESSED),
        (WEEK, None, "2.3", Return.REOPEN),
        (WEEK, "2.3", None, Return.REOPEN),
    ],
)
def test_what_a_return_means(seconds: int, version: str | None, fixed_in: str | None, expected: Return) -> None:
    assert judge_return(replace(ENDED, fixed_in=fixed_in), version, NOW + seconds * SECOND, RULES) is expected


def test_the_first_time_and_a_cancelled_one() -> None:
    assert judge_return(None, None, NOW, RULES) is Return.FIRST
    cancelled = replace(ENDED, status=TicketStatus.CANCELLED, resolved_at=None)
    assert judge_return(cancelled, None, NOW, RULES) is Return.FIRST
