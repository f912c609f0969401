"""R14 and R5 by people: merge two tickets, take it back, give a storm's members their own tickets.

All raise `TicketRefused` and change nothing when it is not possible.
"""

from __future__ import annotations

from datetime import timedelta

from collector.errors import TicketRefused
from collector.store.database import Connection
from collector.tickets.acts import repository
from collector.tickets.acts.repository import Held
from collector.tickets.desk import holding, joining
from collector.tickets.desk.desk import Desk
from collector.tickets.desk.kinds import kind_of
from collector.tickets.desk.model import KIND_STORM
from collector.tickets.desk.person import Person, at_desk
from collector.tickets.state import LIVE, TicketStatus
from wire.sentence import sentence

UNDO = timedelta(days=30)


def merge(person: Person, number: str, into: str) -> None:
    """Both live, both faults of one site; what comes of the first one later goes to the other."""
    with at_desk(person) as (connection, desk):
        held, other = _find(connection, number), _find(connection, into)
        if held.id == other.id:
            raise TicketRefused(sentence("a ticket is not merged into itself"))
        if held.site_id != other.site_id:
            raise TicketRefused(sentence("only tickets of one site are merged"))
        if {kind_of(held), kind_of(other)} != {"fault"}:
            raise TicketRefused(sentence("only tickets of faults are merged"))
        for each in (held, other):
            if each.status not in LIVE:
                raise TicketRefused(sentence("{number} is not open any more", number=each.number))
        joining.merge(desk, _key(connection, desk, held), _key(connection, desk, other), person.now)


def unmerge(person: Person, number: str) -> None:
    """Within 30 days; the ticket goes on, and its fault speaks for itself again."""
    with at_desk(person) as (connection, desk):
        held = _find(connection, number)
        merged_at = repository.merged_at(connection, held.id)
        if held.status is not TicketStatus.MERGED or merged_at is None:
            raise TicketRefused(sentence("{number} is not merged", number=number))
        if person.now - merged_at > UNDO:
            raise TicketRefused(sentence("a merger is taken back within {days} days", days=UNDO.days))
        key = _key(connection, desk, held)
        live = desk.books.case(key).ticket
        if live is None or live.id != held.id:
            raise TicketRefused(sentence("the fault of {number} has another ticket by now", number=number))
        joining.unmerge(desk, key, person.now)


def split(person: Person, number: str) -> int:
    """Members of a storm that is over get tickets of their own; how many."""
    with at_desk(person) as (connection, desk):
        held = _find(connection, number)
        if kind_of(held) != KIND_STORM:
            raise TicketRefused(sentence("{number} is no storm", number=number))
        key = _key(connection, desk, held)
        storm = desk.books.site(held.site_id).storm
        if storm is not None and storm.key == key:
            raise TicketRefused(sentence("the storm goes on; its members can be split off when it is over"))
        return holding.split(desk, held.site_id, key, person.now)


def _find(connection: Connection, number: str) -> Held:
    held = repository.find_ticket(connection, number)
    if held is None:
        raise TicketRefused(sentence("there is no ticket {number}", number=number))
    return held


def _key(connection: Connection, desk: Desk, held: Held) -> str:
    """The hash of its fingerprint, which the books then know."""
    key = repository.hash_of(connection, held.fingerprint_id)
    desk.books.about(key)
    return key
