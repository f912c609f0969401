"""The clocks of a ticket as they are shown: all cycles, their histories, and every interval that counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.sla.clock import Explanation, explain
from collector.sla.plan import Metric
from collector.store.database import Connection
from collector.tickets.clocks import repository
from collector.tickets.clocks.keeping import fold, kept_of, state_of
from collector.tickets.clocks.model import ClockView, CycleView, Kept, StepLine
from collector.tickets.clocks.shelf import Shelf


def clocks_of(connection: Connection, ticket_id: int, now: datetime) -> list[ClockView]:
    """The clocks of a ticket, folded from their histories, in the order of `Metric`."""
    rows = repository.steps(connection, [ticket_id])
    if not rows:
        return []
    lines: dict[str, list[StepLine]] = defaultdict(list)
    for row in rows:
        lines[row.metric].append(repository.step_line(row))
    kept = {(row.metric, row.cycle): kept_of(row) for row in repository.kept(connection, [ticket_id])}
    cycles = fold(rows, Shelf(connection))
    return [
        ClockView(
            metric,
            tuple(
                CycleView.of(metric, cycle, now, kept.get((metric.value, cycle.number), Kept()))
                for cycle in cycles[ticket_id, metric]
            ),
            tuple(lines[metric.value]),
        )
        for metric in Metric
        if (ticket_id, metric) in cycles
    ]


@dataclass(frozen=True)
class Explained:
    """Why a cycle is due when it is: what counted up to `until`."""

    until: datetime
    explanation: Explanation


def explained(view: CycleView, now: datetime) -> Explained:
    """Every interval up to the end of the cycle; up to what is due while it runs, to now while it stands."""
    cycle = view.cycle
    until = cycle.stopped_at or view.reading.deadline.due or now
    until = max(until, cycle.start)
    found = explain(cycle.terms.working, cycle.start, until, cycle.terms.target.basis, cycle.pauses)
    return Explained(until, found)


def explanation_view(number: str, clocks: Iterable[ClockView], now: datetime) -> dict[str, Any]:
    """As JSON; instants in the zone of the calendar that counts."""
    return {"ticket": number, "clocks": [_clock_view(clock, now) for clock in clocks]}


def _clock_view(clock: ClockView, now: datetime) -> dict[str, Any]:
    zone = clock.newest.cycle.terms.working.zone
    steps = [
        {
            "at": _iso(step.at, zone),
            "written_at": _iso(step.written_at, zone),
            "act": step.act,
            "cause": step.cause,
            "actor": step.actor,
            "reason": step.reason,
            "message": step.message,
            "target": step.target,
            "due": _iso(step.due_at, zone),
        }
        for step in clock.steps
    ]
    return {
        "metric": clock.metric.value,
        "cycles": [_cycle_view(view, now) for view in clock.cycles],
        "total_active_seconds": sum(view.reading.active_us for view in clock.cycles) / 1_000_000,
        "steps": steps,
    }


def _cycle_view(view: CycleView, now: datetime) -> dict[str, Any]:
    cycle, reading, calendar = view.cycle, view.reading, view.cycle.terms.working.calendar
    zone, why = cycle.terms.working.zone, explained(view, now)
    return {
        "cycle": cycle.number,
        "state": state_of(cycle),
        "start": _iso(cycle.start, zone),
        "target": str(cycle.terms.target),
        "due": _iso(reading.deadline.due, zone),
        "provisional": reading.deadline.is_provisional,
        "calendar": calendar.calendar,
        "calendar_version": calendar.version,
        "calendar_source": calendar.source,
        "zone": calendar.zone,
        "stopped_at": _iso(cycle.stopped_at, zone),
        "active_seconds": reading.active_us / 1_000_000,
        "remaining_seconds": reading.remaining_us / 1_000_000,
        "breached_at": _iso(reading.breached_at, zone),
        "born_breached": reading.is_born_breached,
        "excused": None if view.kept.excused_at is None else {"by": view.kept.excused_by, "reason": view.kept.excuse},
        "counted": [
            {"from": _iso(each.since, zone), "to": _iso(each.until, zone), "seconds": each.seconds}
            for each in why.explanation.counted
        ],
        "pauses": [{"from": _iso(each.since, zone), "to": _iso(each.until, zone)} for each in why.explanation.pauses],
        "days": [
            {
                "date": day.date.isoformat(),
                "kind": day.kind,
                "name": day.name.en if day.name else "",
                "confirmed": day.is_confirmed,
            }
            for day in why.explanation.days
        ],
        "cut": why.explanation.is_cut,
    }


def _iso(at: datetime | None, zone: Any) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat()
