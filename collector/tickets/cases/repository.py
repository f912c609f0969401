"""Alerts with their tickets in the database: read for a whole group of batches, written where they have changed.

Nearly every event is one more of a fault that has its ticket: it changes a few numbers and times of both rows. Those
columns alone are written then, which is a fifth of the work; whatever changes anything else writes the whole row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from collector.store.meta import next_number
from collector.store.prepared import Prepared
from collector.store.tables import alert, ticket
from collector.store.upserts import upsert
from collector.tickets.alert_state import AlertState
from collector.tickets.model import Alert, Case, Hold, Ticket
from collector.tickets.repository import Subject
from collector.tickets.state import TicketStatus

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
_TICKET_FIELDS = tuple(name.removesuffix("_id") for name in _TICKET_COLUMNS)
_TICKET_AT = 1 + len(_ALERT_COLUMNS)  # its first column in a row of `_CASES`
_TIMES = msgspec.json.Decoder(tuple[datetime, ...])

# What one more event of a known fault changes; each of these is written as it is.
_COUNTED_ALERT: Final = ("last_firing_at", "repeat_s", "due_at", "version")
_COUNTED_TICKET: Final = ("count", "last_event_at")

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
_COUNT_ALERT = Prepared(update(alert).where(alert.c.fingerprint_id == bindparam("row_id")))
_UPDATE_TICKET = Prepared(update(ticket).where(ticket.c.id == bindparam("row_id")))
_INSERT_TICKET = Prepared(insert(ticket).returning(ticket.c.id))

Changed = tuple[int, Subject, Case, Case]  # the fingerprint's row, what it is about, before, after


def load_cases(connection: Connection, ids: Iterable[int]) -> dict[int, Case]:
    """The case of each fingerprint; an empty one where nothing is known."""
    wanted = list(ids)
    cases = {row[0]: _case(row) for row in _CASES.each(connection, "ids", wanted)}
    return {at: cases.get(at, Case()) for at in wanted}


def _case(row: Sequence[Any]) -> Case:
    """Of a row of `_CASES`: the fingerprint, the columns of the alert, those of the ticket."""
    values = dict(zip(_ALERT_COLUMNS, row[1:_TICKET_AT], strict=True))
    values["state"] = AlertState(values["state"])
    values["hold"] = Hold(values["hold"]) if values["hold"] else None
    for name in ("risen_at", "recurred_at"):
        values[name] = _TIMES.decode(values[name])
    found = Alert(**values)
    if row[_TICKET_AT] is None:
        return Case(found, None)
    values = dict(zip(_TICKET_FIELDS, row[_TICKET_AT:], strict=True))
    values["status"] = TicketStatus(values["status"])
    return Case(found, Ticket(**values))


def save_cases(connection: Connection, changed: Sequence[Changed]) -> None:
    """Write what changed of each. A ticket that has no row yet is `open_ticket`'s."""
    _save_tickets(connection, changed)
    _save_alerts(connection, changed)


def _save_tickets(connection: Connection, changed: Sequence[Changed]) -> None:
    counted, rows = list[dict[str, Any]](), list[dict[str, Any]]()
    for _, _, before, after in changed:
        found = after.ticket
        if found is None or found == before.ticket:
            continue
        if _differs_only(before.ticket, found, _COUNTED_TICKET):
            counted.append({"row_id": found.id, **{name: vars(found)[name] for name in _COUNTED_TICKET}})
        else:
            rows.append({"row_id": found.id, **_ticket_values(found)})
    _UPDATE_TICKET.run(connection, counted)
    _UPDATE_TICKET.run(connection, rows)


def _save_alerts(connection: Connection, changed: Sequence[Changed]) -> None:
    counted, rows = list[dict[str, Any]](), list[dict[str, Any]]()
    for fingerprint_id, subject, before, after in changed:
        found, number = after.alert, after.ticket and after.ticket.id
        if found is None or (found == before.alert and number == (before.ticket and before.ticket.id)):
            continue
        if _differs_only(before.alert, found, _COUNTED_ALERT):
            values = {name: vars(found)[name] for name in _COUNTED_ALERT}
            counted.append({"row_id": fingerprint_id, "ticket_id": number, **values})
        else:
            keys = {"fingerprint_id": fingerprint_id, "site_id": subject.site_id, "ticket_id": number}
            rows.append({**_alert_values(found), **keys})
    _COUNT_ALERT.run(connection, counted)
    _SAVE_ALERT.run(connection, rows)


def _differs_only(before: Alert | Ticket | None, after: Alert | Ticket, names: Sequence[str]) -> bool:
    """Whether both are the same but for these fields."""
    if before is None:
        return False
    was = vars(before)
    return all(value == was[name] or name in names for name, value in vars(after).items())


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
