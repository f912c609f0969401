"""What the rules keep of sites, codes, all sites, and what is due, in the database; SQL only.

Each value is one row of JSON, read once in a transaction and written when it changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select, update

from collector.store.meta import count_up
from collector.store.prepared import Prepared
from collector.store.tables import (
    agent,
    alert,
    code_state,
    fingerprint,
    fleet_state,
    notice,
    site,
    site_state,
    suppression,
    ticket,
)
from collector.store.upserts import upsert
from collector.tickets.alert_state import AlertState
from collector.tickets.desk.model import Code, Fleet, Notice, Site, Suppression
from collector.tickets.model import Hold

FLEET_ROW = 1
OWN_SITE = "collector"  # whose tickets are about the collector itself
PROBLEM_COUNTER = "problem_number"

_site = msgspec.json.Decoder(Site)
_code = msgspec.json.Decoder(Code)
_fleet = msgspec.json.Decoder(Fleet)

_READ_SITE = Prepared(select(site_state.c.body).where(site_state.c.site_id == bindparam("id")))
_READ_SITES = Prepared(
    select(site_state.c.site_id, site_state.c.body).where(site_state.c.site_id.in_(bindparam("ids", expanding=True)))
)
_READ_CODE = Prepared(
    select(code_state.c.body).where(code_state.c.module == bindparam("module"), code_state.c.code == bindparam("code"))
)
_READ_FLEET = Prepared(select(fleet_state.c.body))
_row = upsert(site_state)
_KEEP_SITE = Prepared(
    _row.on_conflict_do_update(
        index_elements=[site_state.c.site_id], set_={"due_at": _row.excluded.due_at, "body": _row.excluded.body}
    )
)
_row = upsert(code_state)
_KEEP_CODE = Prepared(
    _row.on_conflict_do_update(
        index_elements=[code_state.c.module, code_state.c.code],
        set_={"problem_id": _row.excluded.problem_id, "body": _row.excluded.body},
    )
)
_row = upsert(fleet_state)
_KEEP_FLEET = Prepared(
    _row.on_conflict_do_update(
        index_elements=[fleet_state.c.id], set_={"due_at": _row.excluded.due_at, "body": _row.excluded.body}
    )
)
_UNSETTLED = Prepared(
    select(fingerprint.c.hash)
    .join(alert, alert.c.fingerprint_id == fingerprint.c.id)
    .where(alert.c.site_id == bindparam("site_id"), alert.c.state != AlertState.OK.value)
)
_DUE_ALERTS = Prepared(
    select(alert.c.due_at, fingerprint.c.hash)
    .join(fingerprint, fingerprint.c.id == alert.c.fingerprint_id)
    .where(alert.c.due_at <= bindparam("now"))
    .order_by(alert.c.due_at)
    .limit(bindparam("limit"))
)
_DUE_SITES = Prepared(
    select(site_state.c.due_at, site_state.c.site_id)
    .where(site_state.c.due_at <= bindparam("now"))
    .order_by(site_state.c.due_at)
    .limit(bindparam("limit"))
)
_DUE_FLEET = Prepared(select(fleet_state.c.due_at))
_ADOPT = Prepared(update(ticket).where(ticket.c.id == bindparam("row_id")))
_NOTE = Prepared(insert(notice))
_ENTER = Prepared(insert(suppression))


def read_site(connection: Connection, site_id: str) -> Site:
    """What is kept of a site."""
    row = _READ_SITE.one(connection, id=site_id)
    return Site() if row is None else _site.decode(row.body)


def read_sites(connection: Connection, sites: Sequence[str]) -> dict[str, Site]:
    """What is kept of each of these sites."""
    found = {row.site_id: _site.decode(row.body) for row in _READ_SITES.each(connection, "ids", sites)}
    return {site_id: found.get(site_id) or Site() for site_id in sites}


def write_site(connection: Connection, site_id: str, kept: Site, due: datetime | None) -> None:
    """Keep it."""
    _KEEP_SITE.run(connection, [{"site_id": site_id, "due_at": due, "body": _text(kept)}])


def read_code(connection: Connection, module: str, code: str) -> Code:
    """What is kept of a code across sites."""
    row = _READ_CODE.one(connection, module=module, code=code)
    return Code() if row is None else _code.decode(row.body)


def write_code(connection: Connection, module: str, code: str, kept: Code) -> None:
    """Keep it."""
    problem = kept.problem.id if kept.problem else None
    _KEEP_CODE.run(connection, [{"module": module, "code": code, "problem_id": problem, "body": _text(kept)}])


def read_fleet(connection: Connection) -> Fleet:
    """What is kept of all sites."""
    row = _READ_FLEET.one(connection)
    return Fleet() if row is None else _fleet.decode(row.body)


def write_fleet(connection: Connection, kept: Fleet, due: datetime | None) -> None:
    """Keep it."""
    _KEEP_FLEET.run(connection, [{"id": FLEET_ROW, "due_at": due, "body": _text(kept)}])


def fleet_due(connection: Connection) -> datetime | None:
    """When time changes something of all sites."""
    row = _DUE_FLEET.one(connection)
    due: datetime | None = None if row is None else row.due_at
    return due


def new_problem(connection: Connection) -> int:
    """The id of a problem that begins."""
    return count_up(connection, PROBLEM_COUNTER)


def unsettled(connection: Connection, site_id: str) -> set[str]:
    """Hashes of the fingerprints of a site whose alert is not ok."""
    return {row.hash for row in _UNSETTLED.rows(connection, site_id=site_id)}


def held(connection: Connection, hold: Hold) -> list[tuple[str, str]]:
    """Site and hash of every fingerprint that this holds back."""
    query = select(alert.c.site_id, fingerprint.c.hash).join(fingerprint, fingerprint.c.id == alert.c.fingerprint_id)
    query = query.where(alert.c.hold == hold.value, alert.c.state != AlertState.OK.value)
    return [(row.site_id, row.hash) for row in connection.execute(query)]


def write_ledger(connection: Connection, entries: Sequence[tuple[int, Suppression]]) -> None:
    """Append to the ledger of what was held back; each with its fingerprint's row."""
    rows = [
        {
            "fingerprint_id": fingerprint_id,
            "site_id": each.site,
            "hold": each.hold,
            "host": each.host or None,
            "since": each.since,
            "until": each.until,
            "count": each.count,
            "end": each.end.value,
        }
        for fingerprint_id, each in entries
    ]
    _ENTER.run(connection, rows)


def site_count(connection: Connection) -> int:
    """How many sites have an agent that was heard and is not revoked."""
    watched = select(func.count(agent.c.site_id.distinct())).where(
        agent.c.revoked_at.is_(None), agent.c.last_seen_at.is_not(None)
    )
    return int(connection.execute(watched).scalar_one())


def host_count(connection: Connection, site_id: str) -> int:
    """How many agents of a site were heard and are not revoked."""
    query = select(func.count()).where(
        agent.c.site_id == site_id, agent.c.revoked_at.is_(None), agent.c.last_seen_at.is_not(None)
    )
    return int(connection.execute(query).scalar_one())


def due_alerts(connection: Connection, now: datetime, limit: int) -> list[tuple[datetime, str]]:
    """Alerts whose time has come: when, and the fingerprint's hash."""
    return [(row.due_at, row.hash) for row in _DUE_ALERTS.rows(connection, now=now, limit=limit)]


def due_sites(connection: Connection, now: datetime, limit: int) -> list[tuple[datetime, str]]:
    """Sites whose time has come: when, and which."""
    return [(row.due_at, row.site_id) for row in _DUE_SITES.rows(connection, now=now, limit=limit)]


def adopt(connection: Connection, ticket_id: int, values: dict[str, Any]) -> None:
    """A ticket became part of another, or of a problem."""
    _ADOPT.run(connection, [{**values, "row_id": ticket_id}])


def write_notices(connection: Connection, notices: Sequence[Notice]) -> None:
    """Append them."""
    rows = [
        {
            "at": each.at,
            "kind": each.kind.value,
            "cause": each.cause.value,
            "site_id": each.site or None,
            "ticket_id": each.ticket,
            "problem_id": each.problem,
            "metric": each.metric,
            "percent": each.percent,
            "audience": each.audience,
        }
        for each in notices
    ]
    _NOTE.run(connection, rows)


def ensure_own_site(connection: Connection, now: datetime) -> None:
    """The site of the collector itself, for tickets about no customer."""
    row = {"id": OWN_SITE, "name": "Sitewarden", "customer": "Sitewarden", "tz": "UTC", "created_at": now}
    connection.execute(upsert(site).values(**row).on_conflict_do_nothing())


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
