"""Lists of software in the database: taking differences, and looking things up.

A difference names what is, not what was done, so taking one twice changes nothing. One that does not
stand on what is here is taken all the same, and its list is marked until the host sends it whole, which
it does once a week by itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, select

from collector.fleet.software.model import ListRecord, SoftwareRecord
from collector.store.tables import agent, software, software_list
from collector.store.upserts import upsert
from wire.messages import InventoryDiff, SoftwareKind

CHUNK = 400  # names in one statement

_row = upsert(software)
_KEEP = _row.on_conflict_do_update(
    index_elements=[software.c.agent_id, software.c.kind, software.c.name],
    set_={"version": _row.excluded.version, "changed_at": _row.excluded.changed_at},
    where=software.c.version != _row.excluded.version,
)
_list_row = upsert(software_list)
_KEEP_LIST = _list_row.on_conflict_do_update(
    index_elements=[software_list.c.agent_id, software_list.c.kind],
    set_={name: _list_row.excluded[name] for name in ("digest", "taken_at", "is_sure")},
)


def take(connection: Connection, *, agent_id: str, site_id: str, diffs: Iterable[InventoryDiff]) -> None:
    """Take the differences of one batch, in their order."""
    for diff in diffs:
        mine = (software.c.agent_id == agent_id) & (software.c.kind == diff.of.value)
        if not diff.base:
            _keep_only(connection, agent_id, diff)
        for at in range(0, len(diff.gone), CHUNK):
            connection.execute(delete(software).where(mine, software.c.name.in_(diff.gone[at : at + CHUNK])))
        rows = [
            {"agent_id": agent_id, "kind": diff.of.value, "name": name, "site_id": site_id, "version": version,
             "changed_at": diff.taken_at}
            for name, version in diff.present.items()
        ]  # fmt: skip
        if rows:
            connection.execute(_KEEP, rows)
        _note(connection, agent_id, diff)


def _keep_only(connection: Connection, agent_id: str, diff: InventoryDiff) -> None:
    """A whole list begins: what it may go on with keeps its date, so nothing is removed that it names itself."""
    mine = (software.c.agent_id == agent_id) & (software.c.kind == diff.of.value)
    stays = set(diff.present)
    names = connection.execute(select(software.c.name).where(mine)).scalars()
    gone = [name for name in names if name not in stays]
    for at in range(0, len(gone), CHUNK):
        connection.execute(delete(software).where(mine, software.c.name.in_(gone[at : at + CHUNK])))


def _note(connection: Connection, agent_id: str, diff: InventoryDiff) -> None:
    mine = (software_list.c.agent_id == agent_id) & (software_list.c.kind == diff.of.value)
    known = connection.execute(select(software_list.c.digest, software_list.c.is_sure).where(mine)).first()
    is_sure = not diff.base or (known is not None and known.is_sure and known.digest in (diff.base, diff.digest))
    row = {"agent_id": agent_id, "kind": diff.of.value, "digest": diff.digest, "taken_at": diff.taken_at}
    connection.execute(_KEEP_LIST, {**row, "is_sure": is_sure})


def lists_of(connection: Connection, agent_id: str) -> dict[str, ListRecord]:
    """The lists of one host, by kind."""
    counted = (
        select(software.c.kind, func.count().label("entries"))
        .where(software.c.agent_id == agent_id)
        .group_by(software.c.kind)
        .subquery()
    )
    query = (
        select(software_list, func.coalesce(counted.c.entries, 0).label("entries"))
        .outerjoin(counted, counted.c.kind == software_list.c.kind)
        .where(software_list.c.agent_id == agent_id)
    )
    return {row.kind: ListRecord(row.kind, row.entries, row.taken_at, row.is_sure) for row in connection.execute(query)}


def modules_of(connection: Connection, site_id: str, limit: int) -> list[SoftwareRecord]:
    """The vendor's modules on all hosts of a site, by host and name."""
    return _search(connection, site_id, SoftwareKind.MODULE, "", limit)


def search_packages(connection: Connection, site_id: str, words: str, limit: int) -> list[SoftwareRecord]:
    """Packages of a site whose name contains the words, by name and host."""
    return _search(connection, site_id, SoftwareKind.PACKAGE, words, limit)


def _search(connection: Connection, site_id: str, kind: SoftwareKind, words: str, limit: int) -> list[SoftwareRecord]:
    query = (
        select(software, agent.c.hostname)
        .join(agent, agent.c.id == software.c.agent_id)
        .where(software.c.site_id == site_id, software.c.kind == kind.value, agent.c.revoked_at.is_(None))
        .order_by(software.c.name, agent.c.hostname)
        .limit(limit)
    )
    if words:
        query = query.where(software.c.name.icontains(words, autoescape=True))
    return [
        SoftwareRecord(row.agent_id, row.hostname, row.name, row.version, row.changed_at)
        for row in connection.execute(query)
    ]
