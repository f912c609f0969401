"""The rules at their edges, each as a short story on one fingerprint."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collector.settings import Rules
from collector.tickets.alert_state import AlertState
from collector.tickets.model import Case, ChangeKind, Decision, Disposition, Signal, Ticket
from collector.tickets.policy import on_signal, on_time
from collector.tickets.state import TicketStatus

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
DAY = 86_400.0


@dataclass
class Story:
    """One fingerprint through time; seconds count from START."""

    rules: Rules = field(default_factory=Rules)
    case: Case = field(default_factory=Case)
    changes: list[str] = field(default_factory=list)
    ids: int = 0

    def fire(
        self, at: float, *, level: int = 1, count: int = 1, occurred: float | None = None, **more: Any
    ) -> Decision:
        when = START + timedelta(seconds=at if occurred is None else occurred)
        signal = Signal(True, level, count, START + timedelta(seconds=at), when, **more)
        return self._take(on_signal(self.case, signal, self.rules))

    def ok(self, at: float) -> Decision:
        when = START + timedelta(seconds=at)
        return self._take(on_signal(self.case, Signal(False, 4, 1, when, when), self.rules))

    def time(self, at: float) -> Decision:
        return self._take(on_time(self.case, self.rules, START + timedelta(seconds=at)))

    def change(self, **values: object) -> None:
        self.case = replace(self.case, ticket=replace(self.ticket, **values))  # type: ignore[arg-type]

    def resolve(self, at: float) -> None:
        self.change(status=TicketStatus.RESOLVED, resolved_at=START + timedelta(seconds=at), touched=True)

    @property
    def ticket(self) -> Ticket:
        assert self.case.ticket is not None
        return self.case.ticket

    def state(self) -> AlertState:
        assert self.case.alert is not None
        return self.case.alert.state

    def _take(self, decision: Decision) -> Decision:
        self.changes += [change.kind.value for change in decision.changes]
        self.case = decision.case
        if self.case.ticket is not None and self.case.ticket.id is None:
            self.ids += 1
            self.case = replace(self.case, ticket=replace(self.case.ticket, id=self.ids))
        return decision


@pytest.mark.parametrize(("level", "delay"), [(1, 0), (2, 60), (3, 300), (4, 900)])
def test_r2_open_delay(level: int, delay: int) -> None:
    story = Story()
    decision = story.fire(0, level=level, count=3)
    if delay:
        assert decision.disposition is Disposition.PENDING
        story.time(delay - 0.001)
        assert story.case.ticket is None
        decision = story.time(delay)
        assert decision.waiting is Disposition.TICKET
    assert story.ticket.count == 3
    assert story.ticket.clock_start_at == START, "the delay does not steal the customer's time"
    assert story.state() is AlertState.FIRING


def test_r2_an_event_after_the_delay_opens_without_waiting_for_the_tick() -> None:
    story = Story()
    story.fire(0, level=2)
    story.fire(60, level=2, count=4)
    assert (story.ticket.count, story.ticket.clock_start_at) == (5, START)


def test_r2_ok_within_the_delay_is_transient() -> None:
    story = Story()
    story.fire(0, level=2, count=3)
    decision = story.ok(59)
    assert decision.waiting is Disposition.TRANSIENT
    story.time(1_000)
    assert story.case.ticket is None
    assert story.case.alert is not None
    assert (story.state(), story.case.alert.transient_count, story.case.alert.waiting_count) == (AlertState.OK, 1, 0)


def test_r2_a_worse_event_shortens_the_delay() -> None:
    story = Story()
    story.fire(0, level=4)
    story.fire(10, level=1)
    assert (story.ticket.level, story.ticket.count) == (1, 2)


def test_r2_a_code_without_clearing_signal_expires() -> None:
    story = Story()
    story.fire(0)
    story.fire(500)
    story.time(2_299)
    assert story.state() is AlertState.FIRING
    story.time(2_300)
    assert story.state() is AlertState.OK


def test_r2_a_code_that_repeats_slowly_expires_after_three_repeats() -> None:
    story = Story()
    story.fire(0)
    story.fire(2_000)
    story.time(7_999)
    assert story.state() is AlertState.FIRING
    story.time(8_000)
    assert story.state() is AlertState.OK


def test_r2_a_clearable_code_never_expires() -> None:
    story = Story()
    story.fire(0, clearable=True)
    story.time(100 * DAY)
    assert story.state() is AlertState.FIRING


def test_r3_attach_and_level() -> None:
    story = Story()
    story.fire(0, level=3, immediate=True)
    story.fire(1, level=2, count=9)
    story.fire(2, level=4)
    assert (story.ticket.count, story.ticket.level) == (11, 2), "rises at once, never falls"
    assert story.changes == ["opened", "level_raised"]


def test_r10_recovered_since_the_first_ok_instant() -> None:
    story = Story()
    story.fire(0, level=3, immediate=True, clearable=True)
    story.ok(100)
    story.ok(200)
    story.time(3_699)
    assert story.ticket.status is TicketStatus.NEW
    story.time(3_700)
    assert story.ticket.recovered_at == START + timedelta(seconds=100)
    assert (story.ticket.status, story.ticket.resolution) == (TicketStatus.RESOLVED, "auto")


@pytest.mark.parametrize(("level", "touched"), [(1, False), (2, False), (3, True), (4, True)])
def test_r10_these_wait_for_a_person(level: int, touched: bool) -> None:
    story = Story()
    story.fire(0, level=level, immediate=True, clearable=True)
    story.change(touched=touched)
    story.ok(1)
    story.time(30 * DAY)
    assert story.ticket.status is TicketStatus.RECOVERED


def test_r10_firing_within_the_stable_time_goes_on() -> None:
    story = Story()
    story.fire(0, clearable=True)
    story.ok(10)
    story.fire(1_000, clearable=True)
    story.time(1_810)
    assert (story.ticket.status, story.ticket.count) == (TicketStatus.NEW, 2)
    story.ok(2_000)
    story.time(3_800)
    assert story.ticket.recovered_at == START + timedelta(seconds=2_000)


@pytest.mark.parametrize(("touched", "after"), [(True, TicketStatus.IN_PROGRESS), (False, TicketStatus.NEW)])
def test_r10_relapse(touched: bool, after: TicketStatus) -> None:
    story = Story()
    story.fire(0, clearable=True)
    story.change(touched=touched)
    story.ok(1)
    story.time(2_000)
    story.fire(3_000, clearable=True)
    assert (story.ticket.status, story.ticket.recovered_at, story.ticket.count) == (after, None, 2)


def test_r8_1_late_evidence_neither_reopens_nor_moves_the_alert() -> None:
    story = Story()
    story.fire(0, clearable=True)
    story.ok(10)
    story.resolve(100)
    for at, occurred in ((5_000, 100), (5_001, 50), (399, 160)):
        decision = story.fire(at, occurred=occurred, clearable=True)
        assert decision.disposition is Disposition.TICKET
        assert decision.moves == ()
    assert (story.ticket.status, story.ticket.count, story.state()) == (TicketStatus.RESOLVED, 4, AlertState.OK)


@pytest.mark.parametrize(("at", "occurred"), [(399, 161), (400, 160), (150, 161)])
def test_r8_1_just_outside_is_a_new_occurrence(at: float, occurred: float) -> None:
    story = Story()
    story.fire(0, clearable=True)
    story.ok(10)
    story.resolve(100)
    story.fire(at, occurred=occurred, clearable=True)
    assert (story.ticket.status, story.ticket.reopen_count) == (TicketStatus.IN_PROGRESS, 1)


def test_r8_4_reopened_within_seven_days_new_after() -> None:
    story = Story()
    story.fire(0, clearable=True)
    story.ok(10)
    story.resolve(100)
    story.fire(100 + 7 * DAY, clearable=True)
    assert (story.ticket.id, story.ticket.status, story.ticket.reopen_count) == (1, TicketStatus.IN_PROGRESS, 1)
    assert story.ticket.resolved_at is None
    story.ok(110 + 7 * DAY)
    story.resolve(200 + 7 * DAY)
    at = 201 + 14 * DAY
    story.fire(at, clearable=True)
    assert (story.ticket.id, story.ticket.status, story.ticket.recurrence_of) == (2, TicketStatus.NEW, 1)
    assert story.ticket.clock_start_at == START + timedelta(seconds=at)


def test_resolved_by_a_person_while_it_still_fires() -> None:
    story = Story()
    story.fire(0, level=3, immediate=True, clearable=True)
    story.resolve(100)
    story.fire(500, level=3, clearable=True)
    assert story.ticket.status is TicketStatus.IN_PROGRESS, "no second open delay: it has been there all along"


def test_an_ok_for_something_unknown_changes_nothing() -> None:
    story = Story()
    decision = story.ok(0)
    assert (decision.case, decision.disposition) == (Case(), Disposition.CLEARING)


def test_a_long_absence_of_the_collector_is_caught_up_in_one_step() -> None:
    story = Story()
    story.fire(0, level=3)
    decision = story.time(30 * DAY)
    kinds = [change.kind for change in decision.changes]
    assert kinds == [ChangeKind.OPENED, ChangeKind.RECOVERED, ChangeKind.RESOLVED]
    assert [change.kind for change in story.time(35 * DAY).changes] == [ChangeKind.CLOSED]
    assert story.case.alert is not None
    assert story.case.alert.due_at is None
