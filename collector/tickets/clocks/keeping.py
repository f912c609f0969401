"""Clocks of tickets in one transaction: histories are read, steps appended, and what they come to is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import msgspec

from collector.sla import warnings
from collector.sla.clock import Basis, read_target
from collector.sla.history import ClockAct, Cycle, PauseReason, Step, Terms, read_cycle, stepped
from collector.sla.plan import Metric, pausing_of
from collector.store.database import Connection
from collector.tickets.clocks import repository
from collector.tickets.clocks.model import Kept, TicketFacts
from collector.tickets.clocks.on_ticket import MOVING, Move, Start, TicketMove, steps_after
from collector.tickets.clocks.shelf import Shelf, stock
from collector.tickets.desk.model import KIND_INTERNAL, Notice, NoticeCause, NoticeKind
from collector.tickets.desk.repository import write_notices
from collector.tickets.model import RULE, ChangeKind, TicketChange
from collector.tickets.timeline.repository import insert_changes

START = "start"
NEVER: Final[Mapping[int, datetime]] = MappingProxyType({})
Key = tuple[int, Metric]

_reasons = msgspec.json.Decoder(frozenset[PauseReason])
target_of = lru_cache(1_000)(read_target)
reasons_of = lru_cache(100)(_reasons.decode)


def follow(connection: Connection, changes: Sequence[TicketChange], actor: str) -> None:
    """Move the clocks of the tickets that changed."""
    moving = [change for change in changes if change.kind in MOVING and change.ticket_id is not None]
    if not moving:
        return
    stock_once(connection, moving[0].at)
    books = ClockBooks(connection, {change.ticket_id for change in moving if change.ticket_id is not None})
    for change, level in _with_levels(moving, books.facts):
        books.follow(change, level, actor)
    latest: dict[int, datetime] = {}
    for change in moving:
        number = change.ticket_id or 0
        latest[number] = max(latest.get(number, change.at), change.at)
    books.flush(moving[-1].at, latest)


def _with_levels(changes: Sequence[TicketChange], facts: dict[int, TicketFacts]) -> Iterator[tuple[TicketChange, int]]:
    """Each change with the level after it: the rows of the tickets are as they are after all of them."""
    levels = {number: found.level for number, found in facts.items()}
    result = []
    for change in reversed(changes):
        number = change.ticket_id or 0
        result.append((change, levels[number]))
        if change.kind in {ChangeKind.LEVEL_RAISED, ChangeKind.LEVEL_LOWERED}:
            levels[number] = int(change.detail["from"])
    yield from reversed(result)


class ClockBooks:
    """The clocks of some tickets over one connection."""

    def __init__(self, connection: Connection, tickets: Iterable[int]) -> None:
        self._connection = connection
        self.shelf = Shelf(connection)
        ids = sorted(tickets)
        self.facts = repository.ticket_facts(connection, ids)
        self.cycles: dict[Key, list[Cycle]] = fold(repository.steps(connection, ids), self.shelf)
        self.kept: dict[tuple[int, Metric, int], Kept] = {
            (row.ticket_id, Metric(row.metric), row.cycle): kept_of(row) for row in repository.kept(connection, ids)
        }
        self._rows: list[dict[str, Any]] = []
        self._dirty: dict[Key, int] = {}  # the first cycle that changed
        self._told: dict[int, list[TicketChange]] = defaultdict(list)
        self._notices: list[Notice] = []

    # ------------------------------------------------------------ steps

    def follow(self, change: TicketChange, level: int, actor: str) -> None:
        """What follows from one change."""
        facts = self.facts[change.ticket_id or 0]
        if facts.kind == KIND_INTERNAL:
            return  # nobody is promised anything about the collector itself
        move = _move(change, level, actor, facts)
        newest = {metric: self.cycles[facts.id, metric][-1] for metric in Metric if (facts.id, metric) in self.cycles}
        message = str(change.detail.get("text", "")) or None
        for each in steps_after(move, newest, lambda at_level, metric: self.terms(facts, at_level, metric)):
            self.apply(facts, each, change.at, change.kind.value, actor, message)

    def terms(self, facts: TicketFacts, level: int, metric: Metric) -> Terms | None:
        """What is promised for a ticket of this level, by today's plan and calendar."""
        target = self.shelf.plan()[1].targets.get((level, metric))
        if target is None:
            return None
        return Terms(target, self.shelf.of_site(facts.calendar).working, pausing_of(level, metric))

    def apply(  # one row of the history
        self,
        facts: TicketFacts,
        step: Start | Move,
        now: datetime,
        cause: str,
        actor: str = RULE,
        message: str | None = None,
    ) -> None:
        """Append one step."""
        key = (facts.id, step.metric)
        before = self.cycles.get(key)
        if isinstance(step, Start):
            self.cycles[key] = [Cycle(1, step.at, step.terms)]
        else:
            self.cycles[key] = stepped(self.cycles[key], step.step)
        self._dirty.setdefault(key, before[-1].number if before else 1)
        self._rows.append(
            {
                "ticket_id": facts.id,
                "site_id": facts.site_id,
                "metric": step.metric.value,
                "written_at": now,
                "cause": cause,
                "actor": actor,
                "message": message if cause == ChangeKind.PAUSED.value else None,
                "due_at": read_cycle(self.cycles[key][-1], now).deadline.due,
                **self._step_columns(step),
            }
        )

    def _step_columns(self, step: Start | Move) -> dict[str, Any]:
        done = step.step if isinstance(step, Move) else None
        terms = step.terms if isinstance(step, Start) else step.step.terms
        return {
            "at": step.at if isinstance(step, Start) else step.step.at,
            "act": START if done is None else done.act.value,
            "reason": done.reason.value if done is not None and done.reason is not None else None,
            "target": str(terms.target) if terms else None,
            "pausing": repository.pausing_text(terms.pausing) if terms else None,
            "calendar_id": self.shelf.id_of(terms.working) if terms else None,
        }

    def touch(self, key: Key) -> None:
        """Write the newest cycle again although no step was added."""
        self._dirty.setdefault(key, self.cycles[key][-1].number)

    # ------------------------------------------------------------ writing

    def flush(self, now: datetime, latest: Mapping[int, datetime] = NEVER) -> None:
        """Write the steps, what they come to, and what is to be told because of it.

        A clock is read at the time of its ticket in `latest`, otherwise at `now`.
        """
        repository.add_steps(self._connection, self._rows)
        kept = [
            self._row(key, cycle, latest.get(key[0], now))
            for key, first in self._dirty.items()
            for cycle in self.cycles[key]
            if cycle.number >= first
        ]
        repository.keep(self._connection, kept)
        told = [(self.facts[number].site_id, changes) for number, changes in self._told.items()]
        insert_changes(self._connection, told, RULE)
        write_notices(self._connection, self._notices)
        self._rows, self._notices = [], []
        self._dirty.clear()
        self._told.clear()

    def note(self, change: TicketChange) -> None:
        """A line of the timeline that moves no clock."""
        self._told[change.ticket_id or 0].append(change)

    def warn(self, key: Key, percent: int, now: datetime) -> None:
        """Tell that so much of the time is used up; once, as `warned` remembers."""
        number, metric = key
        cycle, facts = self.cycles[key][-1], self.facts[number]
        people = [each.value for each in warnings.AUDIENCE[percent]]
        is_breach = percent == warnings.BREACHED
        pages = is_breach or cycle.terms.target.basis is Basis.ELAPSED
        self._notices.append(
            Notice(
                now,
                NoticeKind.PAGE if pages else NoticeKind.DIGEST,
                NoticeCause.CLOCK_BREACHED if is_breach else NoticeCause.CLOCK_WARNING,
                facts.site_id,
                number,
                metric=metric.value,
                percent=percent,
                audience=",".join(people),
            )
        )
        detail: dict[str, str | int] = {"metric": metric.value, "percent": percent, "audience": ",".join(people)}
        self.note(TicketChange(now, ChangeKind.CLOCK_WARNED, number, detail))
        before = self.kept.get((number, metric, cycle.number), Kept())
        self.kept[number, metric, cycle.number] = Kept(warned=percent, breached_at=before.breached_at)
        self.touch(key)

    def _row(self, key: Key, cycle: Cycle, now: datetime) -> dict[str, Any]:
        number, metric = key
        reading = read_cycle(cycle, now)
        place = (number, metric, cycle.number)
        if reading.breached_at is not None and self.kept.get(place, Kept()).warned < warnings.BREACHED:
            self.warn(key, warnings.BREACHED, now)
        warned = self.kept.get(place, Kept()).warned
        return {
            "ticket_id": number,
            "site_id": self.facts[number].site_id,
            "metric": metric.value,
            "cycle": cycle.number,
            "plan_id": self.shelf.plan()[0],
            "breached_at": reading.breached_at,
            "warned": warned,
            "next_at": warnings.next_at(cycle, warned),
            "active_us": reading.active_us,
            **computed(cycle, now, self.shelf),
        }


def computed(cycle: Cycle, now: datetime, shelf: Shelf) -> dict[str, Any]:
    """The columns that follow from the history alone, whatever the time."""
    deadline = read_cycle(cycle, now).deadline
    return {
        "state": state_of(cycle),
        "start_at": cycle.start,
        "target": str(cycle.terms.target),
        "basis": cycle.terms.target.basis.value,
        "calendar_id": shelf.id_of(cycle.terms.working),
        "due_at": deadline.due,
        "is_provisional": deadline.is_provisional,
        "stopped_at": cycle.stopped_at,
    }


def state_of(cycle: Cycle) -> str:
    """`paused` only when the pause counts under the terms of the clock."""
    if not cycle.is_open:
        return cycle.state.value
    return "paused" if cycle.is_standing else "running"


def fold(rows: Iterable[Any], shelf: Shelf) -> dict[Key, list[Cycle]]:
    """Every clock of these histories."""
    cycles: dict[Key, list[Cycle]] = {}
    for row in rows:
        key = (row.ticket_id, Metric(row.metric))
        terms = None
        if row.target is not None:
            terms = Terms(target_of(row.target), shelf.by_id(row.calendar_id), reasons_of(row.pausing))
        if row.act == START:
            if terms is None:
                raise LookupError(f"a clock of ticket {row.ticket_id} starts without terms")
            cycles[key] = [Cycle(1, row.at, terms)]
        else:
            reason = PauseReason(row.reason) if row.reason else None
            cycles[key] = stepped(cycles[key], Step(row.at, ClockAct(row.act), reason, terms))
    return cycles


def stock_once(connection: Connection, now: datetime) -> None:
    """Calendars and a plan before the first clock starts."""
    if repository.newest_plan(connection) is None:
        stock(connection, now)


def _move(change: TicketChange, level: int, actor: str, facts: TicketFacts) -> TicketMove:
    since, reason = change.detail.get("since"), change.detail.get("reason")
    return TicketMove(
        change.kind,
        change.at,
        actor,
        level,
        facts.clock_start_at,
        since=datetime.fromisoformat(str(since)) if since else None,
        reason=PauseReason(str(reason)) if change.kind is ChangeKind.PAUSED and reason else None,
    )


def kept_of(row: Any) -> Kept:
    """What a row keeps beside what the history says."""
    return Kept(row.warned, row.breached_at, row.excused_at, row.excused_by, row.excuse)
