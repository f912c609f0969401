"""What a person does to a ticket, one use case a function.

Every function opens one write transaction, checks the status table inside it (so of two people who
resolve at once the second is refused), writes the timeline, and marks the ticket as touched: from
then on the machine does not resolve it. All raise `TicketRefused` and change nothing when the
number is unknown, the status does not allow it, or a text is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from collector.errors import TicketRefused
from collector.store.database import Connection, Store
from collector.tickets.acts import repository
from collector.tickets.acts.repository import Held
from collector.tickets.model import ChangeKind, TicketChange
from collector.tickets.problems.known import know_error
from collector.tickets.state import LIVE, IllegalAct, TicketAct, TicketStatus, advance
from collector.tickets.timeline.writing import append
from collector.tickets.words import STATUS_WORDS
from wire.sentence import Sentence, sentence

RESOLUTION_PERSON = "person"
TEXT_CHARS = 10_000
VERSION_CHARS = 128


def acknowledge(store: Store, number: str, *, actor: str, now: datetime) -> None:
    """Somebody has seen it and takes care."""
    with store.writing() as connection:
        held = find_held(connection, number)
        if held.acknowledged_by:
            why = sentence("{number} was already acknowledged by {name}", number=number, name=held.acknowledged_by)
            raise TicketRefused(why)
        values = {"acknowledged_at": now, "acknowledged_by": actor}
        act_on(connection, held, TicketAct.ACKNOWLEDGE, ChangeKind.ACKNOWLEDGED, actor, now, values)


def assign(store: Store, number: str, *, actor: str, assignee: str, now: datetime) -> None:
    """Give it to an active user; the status stays."""
    with store.writing() as connection:
        held = find_held(connection, number)
        if held.status not in LIVE:
            raise TicketRefused(_not_now(held))
        if not repository.is_active_user(connection, assignee):
            raise TicketRefused(sentence("there is no active user {name}", name=assignee))
        repository.change_ticket(connection, held, {"assignee": assignee, "touched": True})
        write_line(connection, held, ChangeKind.ASSIGNED, actor, now, {"from": held.assignee or "", "to": assignee})


def set_level(store: Store, number: str, level: int, *, actor: str, note: str, now: datetime) -> None:
    """A person judges how bad it is. What the machine knew by then does not raise it again; only worse does."""
    words = checked_text(note)
    with store.writing() as connection:
        held = find_held(connection, number)
        if held.status not in LIVE:
            raise TicketRefused(_not_now(held))
        if held.level == level:
            raise TicketRefused(sentence("{number} has level {level} already", number=number, level=level))
        is_lower = level > held.level
        worst = min(held.level, held.lowered_from or held.level)
        values = {"level": level, "touched": True, "lowered_from": worst if is_lower else None}
        repository.change_ticket(connection, held, values)
        kind = ChangeKind.LEVEL_LOWERED if is_lower else ChangeKind.LEVEL_RAISED
        write_line(connection, held, kind, actor, now, {"from": str(held.level), "to": str(level), "note": words})


def comment(store: Store, number: str, *, actor: str, text: str, now: datetime) -> None:
    """Add a remark; possible in every status."""
    words = checked_text(text)
    with store.writing() as connection:
        held = find_held(connection, number)
        repository.change_ticket(connection, held, {"touched": True})
        write_line(connection, held, ChangeKind.COMMENTED, actor, now, {"text": words})


def resolve(store: Store, number: str, *, actor: str, note: str, now: datetime, fixed_in: str | None = None) -> None:
    """It is solved; the note says how, `fixed_in` which version cures it for good (R8.2, R8.3)."""
    with store.writing() as connection:
        resolve_within(connection, number, actor=actor, note=note, now=now, fixed_in=fixed_in)


def resolve_within(
    connection: Connection, number: str, *, actor: str, note: str, now: datetime, fixed_in: str | None
) -> None:
    """The same, as a part of the caller's transaction."""
    words, version = checked_text(note), _checked_version(fixed_in)
    held = find_held(connection, number)
    values = {"resolved_at": now, "resolution": RESOLUTION_PERSON, "fixed_in": version}
    detail = {"note": words} if version is None else {"note": words, "fixed_in": version}
    act_on(connection, held, TicketAct.RESOLVE, ChangeKind.RESOLVED, actor, now, values, **detail)
    if version is not None:
        know_error(connection, held, version, now)


def close(store: Store, number: str, *, actor: str, now: datetime) -> None:
    """A resolved ticket is done for good (it may still be reopened)."""
    with store.writing() as connection:
        held = find_held(connection, number)
        act_on(connection, held, TicketAct.CLOSE, ChangeKind.CLOSED, actor, now, {"closed_at": now})


def reopen(store: Store, number: str, *, actor: str, note: str, now: datetime) -> None:
    """It was not solved after all."""
    words = checked_text(note)
    with store.writing() as connection:
        held = find_held(connection, number)
        if repository.has_live_ticket(connection, held.fingerprint_id, LIVE - {held.status}):
            why = sentence("{number} cannot be reopened: the same fault has a live ticket", number=number)
            raise TicketRefused(why)
        values = {"resolved_at": None, "recovered_at": None, "closed_at": None, "resolution": None, "fixed_in": None}
        act_on(connection, held, TicketAct.REOPEN, ChangeKind.REOPENED, actor, now, values, note=words)
        repository.count_reopening(connection, held)


def find_held(connection: Connection, number: str) -> Held:
    """The ticket of this number; `TicketRefused` when there is none."""
    held = repository.find_ticket(connection, number)
    if held is None:
        raise TicketRefused(sentence("there is no ticket {number}", number=number))
    return held


def act_on(
    connection: Connection,
    held: Held,
    act: TicketAct,
    kind: ChangeKind,
    actor: str,
    now: datetime,
    values: Mapping[str, Any],
    **detail: str,
) -> None:
    """One step of the status table, with its line on the timeline; `TicketRefused` when the table has none."""
    try:
        after: TicketStatus = advance(held.status, act)
    except IllegalAct as error:
        raise TicketRefused(_not_now(held)) from error
    repository.change_ticket(connection, held, {**values, "status": after.value, "touched": True})
    write_line(connection, held, kind, actor, now, {"from": held.status.value, "to": after.value, **detail})


def write_line(
    connection: Connection, held: Held, kind: ChangeKind, actor: str, now: datetime, detail: Mapping[str, str]
) -> None:
    """A line on the timeline."""
    append(connection, held.site_id, [TicketChange(now, kind, held.id, dict(detail))], actor=actor)


def _not_now(held: Held) -> Sentence:
    words = STATUS_WORDS[held.status]
    return sentence("{number} is {status}: this is not possible now", number=held.number, status=words)


def _checked_version(version: str | None) -> str | None:
    words = (version or "").strip()
    if len(words) > VERSION_CHARS:
        raise TicketRefused(sentence("the text has more than {limit} characters", limit=VERSION_CHARS))
    return words or None


def checked_text(text: str) -> str:
    """What a person wrote; `TicketRefused` when it is nothing, or too much."""
    words = text.strip().replace("\x00", "\ufffd")
    if not words:
        raise TicketRefused(sentence("a text is needed"))
    if len(words) > TEXT_CHARS:
        raise TicketRefused(sentence("the text has more than {limit} characters", limit=TEXT_CHARS))
    return words
