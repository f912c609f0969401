"""Alerts, tickets, events and their histories in the database. SQL only; the rules are in `policy.py`.

Statements are built once: building one costs more than running it, and these run for every batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, bindparam, exists, func, insert, or_, select, update

from collector.store.meta import next_number
from collector.store.prepared import Prepared
from collector.store.tables import alert, alert_change, event, fingerprint, ticket
from collector.store.upserts import upsert
from collector.tickets.alert_state import AlertState
from collector.tickets.model import Alert, AlertMove, Case, Disposition, Hold, Ticket
from collector.tickets.state import TicketStatus
from wire.messages import Event

_ALERT_COLUMNS = (
    "state",
    "level",
    "clearable",
    "first_firing_at",
    "last_firing_at",
    "ok_at",
    "due_at",
    "transient_count",
    "waiting_count",
    "repeat_s",
    "version",
    "hold",
    "host",
    "held_count",
    "risen_at",
    "is_flapping",
    "recurred_at",
)
_TICKET_COLUMNS = (
    "id",
    "status",
    "level",
    "count",
    "clock_start_at",
    "opened_at",
    "first_event_at",
    "last_event_at",
    "touched",
    "recovered_at",
    "resolved_at",
    "resolution",
    "closed_at",
    "reopen_count",
    "recurrence_of",
    "kind",
    "parent_id",
    "problem_id",
    "regressed",
    "fixed_in",
    "lowered_from",
)
_TIMES = msgspec.json.Decoder(tuple[datetime, ...])


@dataclass(frozen=True)
class Subject:
    """What a fingerprint is about: what a ticket says of itself when it opens."""

    hash: str
    version: int
    site_id: str
    product: str
    module: str
    code: str
    kind: str
    title: str  # JSON of wire.catalogue.Texts
    identity: str  # JSON object


# ---------------------------------------------------------------- fingerprints


_row = upsert(fingerprint)
_COUNT_FINGERPRINT = Prepared(
    _row.on_conflict_do_update(
        index_elements=[fingerprint.c.hash],
        set_={"last_seen_at": _row.excluded.last_seen_at, "total": fingerprint.c.total + _row.excluded.total},
    ).returning(fingerprint.c.id)
)
_KNOWN_EVENTS = Prepared(
    select(event.c.event_id).where(
        event.c.site_id == bindparam("site_id"), event.c.event_id.in_(bindparam("ids", expanding=True))
    )
)
_HAS_ALIAS = Prepared(select(exists().where(fingerprint.c.alias_of.is_not(None)).label("is_there")))
_other = fingerprint.alias()
_SPEAKER = Prepared(
    select(_other.c.hash)
    .join(fingerprint, fingerprint.c.alias_of == _other.c.id)
    .where(fingerprint.c.hash == bindparam("hash"))
)


def count_fingerprint(
    connection: Connection, subject: Subject, at: datetime, count: int, *, since: datetime | None = None
) -> int:
    """Count `count` more occurrences, the newest `at`, the first `since`; returns the row's id."""
    row = {
        "hash": subject.hash,
        "version": subject.version,
        "site_id": subject.site_id,
        "module": subject.module,
        "code": subject.code,
        "identity": subject.identity,
        "first_seen_at": since or at,
        "last_seen_at": at,
        "total": count,
    }
    return int(_COUNT_FINGERPRINT.one(connection, **row).id)


def known_events(connection: Connection, site_id: str, event_ids: Sequence[str]) -> set[str]:
    """Which of these events the site has sent before."""
    return {row.event_id for row in _KNOWN_EVENTS.each(connection, "ids", event_ids, site_id=site_id)}


def open_alerts(connection: Connection, site_id: str, module: str, codes: Sequence[str]) -> dict[int, str]:
    """Alerts that are not ok, of these codes: fingerprint id -> identity as JSON."""
    query = (
        select(fingerprint.c.id, fingerprint.c.identity)
        .join(alert, alert.c.fingerprint_id == func.coalesce(fingerprint.c.alias_of, fingerprint.c.id))
        .where(
            alert.c.state != AlertState.OK.value,
            fingerprint.c.site_id == site_id,
            fingerprint.c.module == module,
            fingerprint.c.code.in_(codes),
        )
    )
    return {row.id: row.identity for row in connection.execute(query)}


def load_subject(connection: Connection, fingerprint_id: int) -> Subject:
    """The subject of a known fingerprint; product, kind and title come from the catalogue, not from here."""
    row = connection.execute(select(fingerprint).where(fingerprint.c.id == fingerprint_id)).one()
    return Subject(row.hash, row.version, row.site_id, "", row.module, row.code, "", "", row.identity)


def find_subject(connection: Connection, key: str) -> tuple[int, Subject] | None:
    """Row id and subject of the fingerprint with this hash, as `load_subject` gives it."""
    row = connection.execute(select(fingerprint.c.id).where(fingerprint.c.hash == key)).first()
    return None if row is None else (row.id, load_subject(connection, row.id))


def has_speakers(connection: Connection) -> bool:
    """R14: whether any fingerprint speaks for another."""
    return bool(_HAS_ALIAS.one(connection).is_there)


def speaker_of(connection: Connection, key: str) -> str | None:
    """R14: hash of the fingerprint that speaks for this one, if another does."""
    row = _SPEAKER.one(connection, hash=key)
    return None if row is None else row.hash


def set_speaker(connection: Connection, key: str, speaker: str | None) -> None:
    """Let another fingerprint speak for this one, and for those that it spoke for."""
    mine = select(fingerprint.c.id).where(fingerprint.c.hash == key).scalar_subquery()
    target = select(fingerprint.c.id).where(fingerprint.c.hash == speaker).scalar_subquery()
    which = fingerprint.c.hash == key
    if speaker is not None:
        which |= fingerprint.c.alias_of == mine
    connection.execute(update(fingerprint).where(which).values(alias_of=target if speaker else None))


def newest_event(connection: Connection, fingerprint_id: int) -> Event | None:
    """The last event of a fingerprint that is still kept."""
    mine = event.c.fingerprint_id == fingerprint_id
    query = select(event.c.body).where(mine).order_by(event.c.received_at.desc(), event.c.id.desc()).limit(1)
    body = connection.execute(query).scalar_one_or_none()
    return None if body is None else msgspec.json.decode(body, type=Event)


# ---------------------------------------------------------------- cases


_CASES = Prepared(
    select(
        alert.c.fingerprint_id,
        *(alert.c[name].label(f"a_{name}") for name in _ALERT_COLUMNS),
        *(ticket.c[name].label(f"t_{name}") for name in _TICKET_COLUMNS),
    )
    .select_from(alert.outerjoin(ticket, ticket.c.id == alert.c.ticket_id))
    .where(alert.c.fingerprint_id.in_(bindparam("ids", expanding=True)))
)
_row = upsert(alert)
_SAVE_ALERT = Prepared(
    _row.on_conflict_do_update(
        index_elements=[alert.c.fingerprint_id],
        set_={name: _row.excluded[name] for name in (*_ALERT_COLUMNS, "ticket_id")},
    )
)
_UPDATE_TICKET = Prepared(update(ticket).where(ticket.c.id == bindparam("row_id")))
_INSERT_TICKET = Prepared(insert(ticket).returning(ticket.c.id))
_INSERT_MOVES = Prepared(insert(alert_change))
_INSERT_EVENTS = Prepared(insert(event))


def load_cases(connection: Connection, ids: Iterable[int]) -> dict[int, Case]:
    """The case of each fingerprint; an empty one where nothing is known."""
    wanted = list(ids)
    rows = (row._asdict() for row in _CASES.each(connection, "ids", wanted))
    cases = {row["fingerprint_id"]: _case(row) for row in rows}
    return {at: cases.get(at, Case()) for at in wanted}


def _case(row: Mapping[str, Any]) -> Case:
    values = {name: row[f"a_{name}"] for name in _ALERT_COLUMNS}
    values |= {"state": AlertState(values["state"]), "hold": Hold(values["hold"]) if values["hold"] else None}
    values |= {name: _TIMES.decode(values[name]) for name in ("risen_at", "recurred_at")}
    found = Alert(**values)
    if row["t_id"] is None:
        return Case(found, None)
    values = {name.removesuffix("_id"): row[f"t_{name}"] for name in _TICKET_COLUMNS}
    return Case(found, Ticket(**{**values, "status": TicketStatus(values["status"])}))


def save_cases(connection: Connection, changed: Iterable[tuple[int, Subject, Case, Case]]) -> None:
    """Write what changed of each: row, subject, before, after. A ticket that has no row yet is `open_ticket`'s."""
    tickets, alerts = list[dict[str, Any]](), list[dict[str, Any]]()
    for fingerprint_id, subject, before, after in changed:
        ticket = after.ticket
        if ticket is not None and ticket != before.ticket:
            tickets.append({**_ticket_values(ticket), "row_id": ticket.id})
        number = ticket.id if ticket is not None else None
        if after.alert is not None and (after.alert, number) != (before.alert, before.ticket and before.ticket.id):
            keys = {"fingerprint_id": fingerprint_id, "site_id": subject.site_id, "ticket_id": number}
            alerts.append({**_alert_values(after.alert), **keys})
    _UPDATE_TICKET.run(connection, tickets)
    _SAVE_ALERT.run(connection, alerts)


def open_ticket(connection: Connection, fingerprint_id: int, subject: Subject, opened: Ticket) -> int:
    """A ticket's row with its number; returns the row's id."""
    about = {
        "number": next_number(connection, opened.opened_at.year),
        "site_id": subject.site_id,
        "fingerprint_id": fingerprint_id,
        "product": subject.product,
        "module": subject.module,
        "code": subject.code,
        "title": subject.title,
        "identity": subject.identity,
        "opened_by": "auto",
    }
    return int(_INSERT_TICKET.one(connection, **_ticket_values(opened), **about).id)


def _alert_values(found: Alert) -> dict[str, Any]:
    values: dict[str, Any] = {**vars(found), "state": found.state.value}
    values |= {"hold": found.hold.value if found.hold else None}
    return values | {name: msgspec.json.encode(values[name]).decode() for name in ("risen_at", "recurred_at")}


def _ticket_values(found: Ticket) -> dict[str, Any]:
    values: dict[str, Any] = {**vars(found), "status": found.status.value}
    values |= {"parent_id": values.pop("parent"), "problem_id": values.pop("problem")}
    del values["id"]
    return values


def write_moves(connection: Connection, moves: Sequence[tuple[int, AlertMove]]) -> None:
    """Append to the histories of alerts, each move with its fingerprint's row."""
    names = ("fingerprint_id", "at", "from_state", "to_state", "reason")
    found = [(row_id, move.at, move.before.value, move.after.value, move.cause.value) for row_id, move in moves]
    rows = [dict(zip(names, values, strict=True)) for values in found]
    _INSERT_MOVES.run(connection, rows)


# ---------------------------------------------------------------- events


def settle_waiting(
    connection: Connection, fingerprint_id: int, disposition: Disposition, ticket_id: int | None
) -> None:
    """Events that waited for the open delay get their end."""
    members = select(fingerprint.c.id).where(fingerprint.c.alias_of == fingerprint_id)
    mine = or_(event.c.fingerprint_id == fingerprint_id, event.c.fingerprint_id.in_(members))
    found = and_(mine, event.c.disposition == Disposition.PENDING.value)
    connection.execute(update(event).where(found).values(disposition=disposition.value, ticket_id=ticket_id))


def write_events(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append events, one row each, columns as in the table."""
    _INSERT_EVENTS.run(connection, rows)
