"""What people do about holds, one use case a function: windows, silences, a ticket for what is held.

All raise `TicketRefused` and change nothing when something is missing, too long or not there.
"""

from __future__ import annotations

from datetime import datetime

from collector.errors import TicketRefused
from collector.store.database import Connection
from collector.tickets.desk import holding
from collector.tickets.desk.model import SILENCES_MAX, Silence, Window
from collector.tickets.desk.person import Person, at_desk
from collector.tickets.holds import repository as rows
from collector.tickets.holds.model import (
    NAME_CHARS,
    SILENCE_MAX,
    SILENCE_MIN,
    TEXT_CHARS,
    WINDOW_AHEAD,
    WINDOW_MAX,
    WINDOWS_OF_SITE,
    NewSilence,
    NewWindow,
)
from wire.sentence import sentence


def add_window(person: Person, asked: NewWindow) -> int:
    """The customer agreed to a window; its id."""
    _check_window(asked, person.now)
    with at_desk(person) as (connection, desk):
        _must_be_site(connection, asked.site)
        if len(desk.books.site(asked.site).windows) >= WINDOWS_OF_SITE:
            why = sentence("the site has {limit} windows already; remove one first", limit=WINDOWS_OF_SITE)
            raise TicketRefused(why)
        number = rows.insert_window(connection, asked, actor=person.actor, at=person.now)
        desk.add_window(asked.site, Window(asked.since, asked.until, number), person.now)
    return number


def remove_window(person: Person, window_id: int) -> None:
    """It is over, or called off: what still fires opens now."""
    with at_desk(person) as (connection, desk):
        found = rows.find_window(connection, window_id)
        if found is None or found.removed_at is not None or found.until <= person.now:
            raise TicketRefused(sentence("there is no window {id} that lasts or is to come", id=window_id))
        rows.end_window(connection, window_id, actor=person.actor, at=person.now)
        holding.remove_window(desk, found.site, window_id, person.now)


def add_silence(person: Person, asked: NewSilence) -> int:
    """Hold something back for a time; the silence's id."""
    _check_silence(asked, person.now)
    with at_desk(person) as (connection, desk):
        if asked.site:
            _must_be_site(connection, asked.site)
        meant = rows.fingerprint_of(connection, asked.ticket) if asked.ticket else None
        if asked.ticket and meant is None:
            raise TicketRefused(sentence("there is no ticket {number}", number=asked.ticket))
        if len(desk.books.fleet().silences) >= SILENCES_MAX:
            raise TicketRefused(sentence("there are {limit} silences already; end one first", limit=SILENCES_MAX))
        number = rows.insert_silence(connection, asked, meant and meant[0], actor=person.actor, at=person.now)
        key = meant[1] if meant else ""
        holding.add_silence(desk, Silence(number, asked.until, asked.site, asked.module, asked.code, key))
    return number


def remove_silence(person: Person, silence_id: int) -> None:
    """It is over before its time: what still fires opens now."""
    with at_desk(person) as (connection, desk):
        found = rows.find_silence(connection, silence_id)
        if found is None or found.removed_at is not None or found.until <= person.now:
            raise TicketRefused(sentence("there is no silence {id} that lasts", id=silence_id))
        rows.end_silence(connection, silence_id, actor=person.actor, at=person.now)
        holding.remove_silence(desk, silence_id, person.now)


def promote(person: Person, key: str) -> str:
    """Give a fault that is held back a ticket of its own; its number."""
    with at_desk(person) as (connection, desk):
        if not holding.promote(desk, key, person.now):
            raise TicketRefused(sentence("this fault is not held back any more"))
        live = desk.books.case(key).live
        number = None if live is None or live.id is None else rows.number_of(connection, live.id)
    if number is None:
        raise TicketRefused(sentence("this fault is not held back any more"))
    return number


def _check_window(asked: NewWindow, now: datetime) -> None:
    if asked.until <= asked.since:
        raise TicketRefused(sentence("the window ends before it begins"))
    if asked.until <= now:
        raise TicketRefused(sentence("the window is over already"))
    if asked.until - asked.since > WINDOW_MAX:
        raise TicketRefused(sentence("a window lasts at most {days} days", days=WINDOW_MAX.days))
    if asked.since > now + WINDOW_AHEAD:
        raise TicketRefused(sentence("a window begins within {days} days", days=WINDOW_AHEAD.days))
    if not asked.owner.strip():
        raise TicketRefused(sentence("a window needs an owner: who of us answers for it"))
    if not asked.approved_by.strip():
        raise TicketRefused(sentence("a window needs the customer's approval: who agreed, and how"))
    _check_lengths(asked.owner, asked.approved_by, reason=asked.reason)


def _check_silence(asked: NewSilence, now: datetime) -> None:
    if not (asked.site or asked.code or asked.ticket):
        raise TicketRefused(sentence("say what is silenced: a site, a code or a ticket's fault"))
    if asked.module and not asked.code:
        raise TicketRefused(sentence("a module alone is not silenced; name the code"))
    if asked.until < now + SILENCE_MIN:
        raise TicketRefused(sentence("a silence lasts at least a minute"))
    if asked.until > now + SILENCE_MAX:
        raise TicketRefused(sentence("a silence lasts at most {days} days", days=SILENCE_MAX.days))
    if not asked.reason.strip():
        raise TicketRefused(sentence("a silence needs a reason"))
    _check_lengths(asked.module, asked.code, asked.site, reason=asked.reason)


def _check_lengths(*names: str, reason: str) -> None:
    if any(len(name) > NAME_CHARS for name in names):
        raise TicketRefused(sentence("a name has at most {limit} characters", limit=NAME_CHARS))
    if len(reason) > TEXT_CHARS:
        raise TicketRefused(sentence("the text has more than {limit} characters", limit=TEXT_CHARS))


def _must_be_site(connection: Connection, site_id: str) -> None:
    if not rows.site_exists(connection, site_id):
        raise TicketRefused(sentence("there is no site {id}", id=site_id))
