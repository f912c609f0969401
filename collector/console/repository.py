"""Reading sites, hosts and gaps for the pages. SQL only; every list is bounded."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, func, select

from collector.console.model import GapRecord, HostRecord, SiteRecord
from collector.health.reading import newest
from collector.store.tables import agent, gap, inventory, parked, site, ticket
from collector.tickets.search.repository import IS_OPEN
from wire.errors import Malformed
from wire.messages import Gap, Inventory, decode_record

Kind = TypeVar("Kind")

SITES = 2_000
HOSTS = 200  # of one site
GAPS = 50
GAPS_LOOKED = 500  # from the beginning of a ticket on, to find those that touch its time


def site_names(connection: Connection) -> list[tuple[str, str]]:
    """(id, name) of every site, by name."""
    rows = connection.execute(select(site.c.id, site.c.name).order_by(site.c.name, site.c.id).limit(SITES))
    return [(row.id, row.name) for row in rows]


def list_sites(connection: Connection) -> list[SiteRecord]:
    """Every site by name, with its hosts and open tickets."""
    levels = _open_by_level(connection)
    rows = connection.execute(_sites().order_by(site.c.name, site.c.id).limit(SITES))
    return [_site(row, levels) for row in rows]


def search_sites(connection: Connection, words: str, limit: int) -> list[SiteRecord]:
    """Sites whose id or name contains the words."""
    found = site.c.id.icontains(words, autoescape=True) | site.c.name.icontains(words, autoescape=True)
    levels = _open_by_level(connection)
    return [_site(row, levels) for row in connection.execute(_sites().where(found).order_by(site.c.name).limit(limit))]


def find_site(connection: Connection, site_id: str) -> SiteRecord | None:
    """One site."""
    row = connection.execute(_sites().where(site.c.id == site_id)).first()
    return None if row is None else _site(row, _open_by_level(connection))


def hosts_of(connection: Connection, site_id: str) -> list[HostRecord]:
    """The hosts of a site by name, revoked ones last."""
    query = _hosts(site_id).order_by(agent.c.revoked_at.is_not(None), agent.c.hostname, agent.c.id).limit(HOSTS)
    return [_host(connection, row) for row in connection.execute(query).all()]


def find_host(connection: Connection, site_id: str, agent_id: str) -> HostRecord | None:
    """One host of a site."""
    row = connection.execute(_hosts(site_id).where(agent.c.id == agent_id)).first()
    return None if row is None else _host(connection, row)


def _hosts(site_id: str) -> Select[Any]:
    return (
        select(agent, inventory.c.body.label("inventory_body"), inventory.c.received_at.label("inventory_at"))
        .outerjoin(inventory, inventory.c.agent_id == agent.c.id)
        .where(agent.c.site_id == site_id)
    )


def gaps_of(connection: Connection, site_id: str) -> list[GapRecord]:
    """The newest gaps of a site."""
    query = _gaps(site_id).order_by(gap.c.noticed_at.desc(), gap.c.id.desc()).limit(GAPS)
    return [_gap_record(row) for row in connection.execute(query)]


def gaps_between(connection: Connection, site_id: str, since: datetime, until: datetime) -> list[GapRecord]:
    """Gaps of a site that touch this time, the newest first; one may be noticed long after what is missing in it."""
    query = _gaps(site_id).where(gap.c.noticed_at >= since).order_by(gap.c.noticed_at, gap.c.id).limit(GAPS_LOOKED)
    found = [record for record in map(_gap_record, connection.execute(query)) if _touches(record, since, until)]
    return found[: -GAPS - 1 : -1]


def _touches(record: GapRecord, since: datetime, until: datetime) -> bool:
    said = record.gap
    began = (said.since if said else None) or record.noticed_at
    ended = (said.until if said else None) or record.noticed_at
    return began <= until and ended >= since


def _gaps(site_id: str) -> Select[Any]:
    return select(gap, agent.c.hostname).join(agent, agent.c.id == gap.c.agent_id).where(gap.c.site_id == site_id)


def _gap_record(row: Row[Any]) -> GapRecord:
    return GapRecord(
        id=row.id,
        hostname=row.hostname,
        cause=row.cause,
        source=row.source,
        noticed_at=row.noticed_at,
        gap=_decoded(row.body, Gap),
    )


def _sites() -> Select[Any]:
    hosts = (
        select(
            agent.c.site_id,
            func.count().label("hosts"),
            func.max(agent.c.last_seen_at).label("last_seen_at"),
            func.count(agent.c.silent_since).label("silent_hosts"),
        )
        .where(agent.c.revoked_at.is_(None))
        .group_by(agent.c.site_id)
        .subquery()
    )
    return select(site, hosts.c.hosts, hosts.c.last_seen_at, hosts.c.silent_hosts).outerjoin(
        hosts, hosts.c.site_id == site.c.id
    )


def _open_by_level(connection: Connection) -> dict[str, dict[int, int]]:
    query = (
        select(ticket.c.site_id, ticket.c.level, func.count()).where(IS_OPEN).group_by(ticket.c.site_id, ticket.c.level)
    )
    levels: dict[str, dict[int, int]] = {}
    for site_id, level, count in connection.execute(query):
        levels.setdefault(site_id, {})[level] = count
    return levels


def _site(row: Any, levels: dict[str, dict[int, int]]) -> SiteRecord:
    return SiteRecord(
        id=row.id,
        name=row.name,
        customer=row.customer,
        tz=row.tz,
        language=row.language,
        hosts=row.hosts or 0,
        last_seen_at=row.last_seen_at,
        silent_hosts=row.silent_hosts or 0,
        open=levels.get(row.id, {}),
    )


def _host(connection: Connection, row: Any) -> HostRecord:
    held_back = connection.execute(select(func.count()).where(parked.c.agent_id == row.id)).scalar_one()
    return HostRecord(
        id=row.id,
        hostname=row.hostname,
        os=row.os,
        agent_version=row.agent_version,
        enrolled_at=row.enrolled_at,
        revoked_at=row.revoked_at,
        last_seen_at=row.last_seen_at,
        clock_skew_ms=row.clock_skew_ms,
        spool_bytes=row.spool_bytes,
        spool_full=row.spool_full,
        silent_since=row.silent_since,
        quarantined_at=row.quarantined_at,
        interruption=row.interruption,
        interrupted_at=row.interrupted_at,
        inventory=_decoded(row.inventory_body, Inventory),
        inventory_at=row.inventory_at,
        newest=newest(connection, row.id),
        parked=held_back,
    )


def _decoded(body: str | None, kind: type[Kind]) -> Kind | None:
    if body is None:
        return None
    try:
        record = decode_record(body.encode())
    except Malformed:
        return None
    return record if isinstance(record, kind) else None
