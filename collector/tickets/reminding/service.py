"""Reminds customers whose answer a ticket waits for, and ends the wait; each ticket in its own transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from collector.errors import TicketRefused
from collector.store.database import Connection, Store
from collector.tickets.acts import repository as acts
from collector.tickets.clocks.shelf import Shelf
from collector.tickets.desk.model import Notice, NoticeCause, NoticeKind
from collector.tickets.desk.repository import write_notices
from collector.tickets.model import RULE, ChangeKind
from collector.tickets.reminding.policy import LEFT_DAYS, Due, due_by
from collector.tickets.reminding.repository import Waiter, waiters
from collector.tickets.service import act_on, find_held, write_line
from collector.tickets.state import TicketAct, TicketStatus

RESOLUTION_NO_REPLY = "no_reply"
CLOSES_AFTER = timedelta(days=5)  # as for tickets that the machine resolved (R10)
SHORTEST_DAY = timedelta(minutes=1)  # who waits for less cannot have seen the close of a working day
CHUNK = 200


def remind(store: Store, now: datetime) -> int:
    """Every reminder and every end that is due by `now`; how many."""
    done = after = 0
    while True:
        with store.reading() as connection:
            found = waiters(connection, after, now - SHORTEST_DAY, CHUNK)
            shelf = Shelf(connection)
            due = [(each, _due(each, shelf, now)) for each in found]
        for waiter, what in due:
            if what != Due(waiter.reminded):
                with store.writing() as connection:
                    done += _follow(connection, waiter, what, now)
        if len(found) < CHUNK:
            return done + _close(store, now)
        after = found[-1].id


def _due(waiter: Waiter, shelf: Shelf, now: datetime) -> Due:
    working = shelf.of_site(waiter.calendar).working

    def close_of(day: int) -> datetime:
        return working.close_of_nth(waiter.since, day)

    left_until = None if waiter.reminded_at is None else working.close_of_nth(waiter.reminded_at, LEFT_DAYS)
    return due_by(now, waiter.reminded, close_of, left_until)


def _follow(connection: Connection, waiter: Waiter, due: Due, now: datetime) -> int:
    held = find_held(connection, waiter.number)
    if held.status is not TicketStatus.PENDING:
        return 0  # somebody was quicker
    if due.reminded > waiter.reminded:
        acts.change_ticket(connection, held, {"reminded": due.reminded, "reminded_at": now})
        write_line(connection, held, ChangeKind.REMINDED, RULE, now, {"number": str(due.reminded)})
        cause = NoticeCause.REMINDED
        write_notices(connection, [Notice(now, NoticeKind.CUSTOMER, cause, waiter.site_id, waiter.id)])
    if due.is_over:
        values = {"resolved_at": now, "resolution": RESOLUTION_NO_REPLY, "waiting_since": None}
        detail = {"reason": RESOLUTION_NO_REPLY}
        act_on(connection, held, TicketAct.RESOLVE, ChangeKind.RESOLVED, RULE, now, values, **detail)
    return 1


def _close(store: Store, now: datetime) -> int:
    with store.reading() as connection:
        numbers = acts.closable(connection, now - CLOSES_AFTER, RESOLUTION_NO_REPLY, CHUNK)
    for number in numbers:
        with store.writing() as connection:
            held = acts.ticket_by_id(connection, number)
            if held is None or held.status is not TicketStatus.RESOLVED:
                continue
            try:
                act_on(connection, held, TicketAct.CLOSE, ChangeKind.CLOSED, RULE, now, {"closed_at": now})
            except TicketRefused:
                continue  # somebody was quicker
    return len(numbers)
