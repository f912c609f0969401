"""What time alone does to clocks, and what another calendar or plan does; bounded pieces for the jobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from collector.sla import warnings
from collector.sla.history import ClockAct, Cycle, Step, no_earlier, read_cycle
from collector.sla.plan import Metric
from collector.store.database import Connection, Store
from collector.tickets.clocks import repository
from collector.tickets.clocks.keeping import ClockBooks, computed
from collector.tickets.clocks.model import Difference, Kept, TicketFacts
from collector.tickets.clocks.on_ticket import Move
from collector.tickets.model import ChangeKind, TicketChange

NOTED = timedelta(minutes=15)  # a deadline that moved by more is told on the timeline
CHUNK = 100  # tickets in one transaction
CHECKED = 1_000  # tickets whose clocks are compared in one go


def tell_due(store: Store, now: datetime) -> int:
    """Warnings that are due; of several that were missed only the highest is told."""
    with store.reading() as connection:
        if not repository.due_warnings(connection, now, 1):
            return 0
    with store.writing() as connection:
        due = repository.due_warnings(connection, now, CHUNK)
        books = ClockBooks(connection, {number for number, _ in due})
        for number, metric in due:
            key = (number, Metric(metric))
            cycle = books.cycles[key][-1]
            percent = warnings.passed_by(cycle, now, books.kept.get((*key, cycle.number), Kept()).warned)
            if percent is not None and percent < warnings.BREACHED:
                books.warn(key, percent, now)
            books.touch(key)  # a breach is told where the row is computed
        books.flush(now)
    return len(due)


def renew(store: Store, now: datetime) -> int:
    """Open clocks go over to the calendar and plan in use; those that are over keep theirs."""
    with store.reading() as connection:
        if not repository.stale(connection, 1):
            return 0
    with store.writing() as connection:
        tickets = repository.stale(connection, CHUNK)
        books = ClockBooks(connection, tickets)
        for (number, metric), cycles in list(books.cycles.items()):
            if cycles[-1].is_open:
                _renew(books, books.facts[number], metric, cycles[-1], now)
        books.flush(now)
    return len(tickets)


def _renew(books: ClockBooks, facts: TicketFacts, metric: Metric, cycle: Cycle, now: datetime) -> None:
    """Other terms from the start of the cycle; the calendar's name stays that of the cycle."""
    name = cycle.terms.working.calendar.calendar
    found = books.shelf.current(name)
    target = books.shelf.plan()[1].targets.get((facts.level, metric))
    books.touch((facts.id, metric))
    if target is None:
        step = Step(no_earlier(cycle, now), ClockAct.CANCEL)
        books.apply(facts, Move(metric, step), now, "plan")
        return
    terms = books.terms(facts, facts.level, metric)
    if terms is None or found is None:
        return
    terms = type(terms)(target, found.working, terms.pausing)
    if terms == cycle.terms:
        return
    cause = "plan" if target != cycle.terms.target else "calendar"
    books.apply(facts, Move(metric, Step(no_earlier(cycle, now), ClockAct.RETARGET, terms=terms)), now, cause)
    before, after = (read_cycle(each, now).deadline.due for each in (cycle, books.cycles[facts.id, metric][-1]))
    if before is not None and after is not None and abs(after - before) > NOTED:
        detail: dict[str, str | int] = {
            "metric": metric.value,
            "cause": cause,
            "from": before.isoformat(),
            "to": after.isoformat(),
        }
        books.note(TicketChange(now, ChangeKind.CLOCK_MOVED, facts.id, detail))


def check(connection: Connection, after: int, now: datetime) -> tuple[int, int, list[Difference]]:
    """Compare the next clocks with their histories: the last ticket, how many cycles, and what differs.

    The last ticket is 0 when there are no more.
    """
    tickets = repository.open_tickets(connection, after, CHECKED)
    count, found = compare(connection, tickets, now)
    return (tickets[-1] if len(tickets) == CHECKED else 0), count, found


def compare(connection: Connection, tickets: Sequence[int], now: datetime) -> tuple[int, list[Difference]]:
    """How many cycles these tickets have, and what differs from their histories."""
    books = ClockBooks(connection, tickets)
    rows = {(row.ticket_id, Metric(row.metric), row.cycle): row for row in repository.kept(connection, tickets)}
    count, found = 0, list[Difference]()
    for (number, metric), cycles in books.cycles.items():
        for cycle in cycles:
            count += 1
            row = rows.get((number, metric, cycle.number))
            where = (books.facts[number].number, metric.value, cycle.number)
            if row is None:
                found.append(Difference(*where, "row", "missing", "present"))
                continue
            found += [Difference(*where, *each) for each in _differing(row, computed(cycle, now, books.shelf))]
            if not cycle.is_open and row.breached_at != read_cycle(cycle, now).breached_at:
                found.append(Difference(*where, "breached_at", str(row.breached_at), "another"))
    return count, found


def _differing(row: object, wanted: dict[str, object]) -> Iterator[tuple[str, str, str]]:
    for column, value in wanted.items():
        kept = getattr(row, column)
        if kept != value:
            yield column, str(kept), str(value)
