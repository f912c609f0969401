"""The names of events are those that the design promises, and the tables lead nowhere else."""

from __future__ import annotations

from collector.notify import events
from collector.tickets.desk.model import NoticeCause
from collector.tickets.model import ChangeKind

PROMISED = {
    "ticket.opened",
    "ticket.level_changed",
    "ticket.recovered",
    "ticket.resolved",
    "ticket.reopened",
    "ticket.closed",
    "storm.started",
    "storm.ended",
    "problem.suspected",
    "clock.warning",
    "clock.breached",
}


def test_the_promised_events_are_those_that_can_be_asked_for() -> None:
    assert set(events.NAMES) == PROMISED


def test_a_storm_is_told_beside_its_ticket() -> None:
    assert events.of_change("storm", "opened") == ["ticket.opened", "storm.started"]
    assert events.of_change("fault", "opened") == ["ticket.opened"]
    assert events.of_change("storm", "resolved") == ["ticket.resolved"]


def test_what_is_not_in_the_tables_is_not_told() -> None:
    assert events.of_change("fault", "commented") == []
    assert events.of_notice("opened") == []


def test_the_tables_name_what_the_rules_say() -> None:
    assert set(events.OF_TICKETS) <= {kind.value for kind in ChangeKind}
    assert set(events.OF_NOTICES) <= {cause.value for cause in NoticeCause}
    assert events.of_notice(NoticeCause.PROBLEM_SUSPECTED) == ["problem.suspected"]
