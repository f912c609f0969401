"""Fingerprints, events and histories of alerts in the database. SQL only; the rules are in `policy.py`.

Statements are built once: building one costs more than running it, and these run for every batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, exists, func, insert, or_, select, update

from collector.store.prepared import Prepared
from collector.store.tables import alert, alert_change, event, fingerprint
from collector.store.upserts import upsert
from collector.tickets.alert_state import AlertState
from collector.tickets.model import AlertMove, Disposition
from wire.messages import Event


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
_SUBJECT = Prepared(select(fingerprint).where(fingerprint.c.id == bindparam("row_id")))
_SUBJECT_OF = Prepared(select(fingerprint).where(fingerprint.c.hash == bindparam("key")))
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
    return _subject(_SUBJECT.one(connection, row_id=fingerprint_id))


def find_subject(connection: Connection, key: str) -> tuple[int, Subject] | None:
    """Row id and subject of the fingerprint with this hash, as `load_subject` gives it."""
    row = _SUBJECT_OF.one(connection, key=key)
    return None if row is None else (row.id, _subject(row))


def _subject(row: Any) -> Subject:
    return Subject(row.hash, row.version, row.site_id, "", row.module, row.code, "", "", row.identity)


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


# ---------------------------------------------------------------- histories


_INSERT_MOVES = Prepared(insert(alert_change))


def write_moves(connection: Connection, moves: Sequence[tuple[int, AlertMove]]) -> None:
    """Append to the histories of alerts, each move with its fingerprint's row."""
    names = ("fingerprint_id", "at", "from_state", "to_state", "reason")
    found = [(row_id, move.at, move.before.value, move.after.value, move.cause.value) for row_id, move in moves]
    rows = [dict(zip(names, values, strict=True)) for values in found]
    _INSERT_MOVES.run(connection, rows)


# ---------------------------------------------------------------- events


_INSERT_EVENTS = Prepared(insert(event))
_members = select(fingerprint.c.id).where(fingerprint.c.alias_of == bindparam("settled_id"))
_SETTLE = Prepared(
    update(event).where(
        or_(event.c.fingerprint_id == bindparam("settled_id"), event.c.fingerprint_id.in_(_members)),
        event.c.disposition == Disposition.PENDING.value,
    )
)


def settle_waiting(
    connection: Connection, fingerprint_id: int, disposition: Disposition, ticket_id: int | None
) -> None:
    """Events that waited for the open delay get their end."""
    values = {"disposition": disposition.value, "ticket_id": ticket_id}
    _SETTLE.run(connection, [{"settled_id": fingerprint_id, **values}])


def write_events(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append events, one row each, columns as in the table."""
    _INSERT_EVENTS.run(connection, rows)
