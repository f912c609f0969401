"""Proofs of backup in the database; SQL only. Rows are added, never changed, and go only when they are old."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, case, delete, func, select
from sqlalchemy import insert as insert_row

from collector.backups.standing import PROVEN_LEVEL, Drill
from collector.fleet.model import KnownAgent
from collector.store.tables import agent, backup_proof
from wire.documents.backups import Act, BackupProof

CHUNK_ROWS = 1_000
_AT = case(
    (backup_proof.c.ended_at > backup_proof.c.received_at, backup_proof.c.received_at), else_=backup_proof.c.ended_at
)  # a host whose clock is ahead proves nothing about days to come


def add_proof(connection: Connection, agent: KnownAgent, proof: BackupProof, envelope: bytes, now: datetime) -> bool:
    """Keep a proof; False when its number is known already."""
    known = select(backup_proof.c.id).where(
        backup_proof.c.agent_id == agent.id,
        backup_proof.c.journal == proof.journal,
        backup_proof.c.number == proof.number,
    )
    if connection.execute(known).first() is not None:
        return False
    row = insert_row(backup_proof).values(
        site_id=agent.site_id,
        agent_id=agent.id,
        journal=proof.journal,
        number=proof.number,
        act=proof.deed.act.value,
        level=proof.deed.level,
        is_good=proof.deed.is_good,
        ended_at=proof.deed.ended_at,
        received_at=now,
        envelope=envelope,
    )
    connection.execute(row)
    return True


def envelopes_of(connection: Connection, agent_id: str) -> Sequence[bytes]:
    """Every proof of a host as it was signed, in the order of arrival."""
    query = select(backup_proof.c.envelope).where(backup_proof.c.agent_id == agent_id).order_by(backup_proof.c.id)
    return list(connection.execute(query).scalars())


def hosts_of(connection: Connection, site_id: str) -> list[tuple[str, str]]:
    """(id, name) of the working hosts of a site, by name."""
    query = select(agent.c.id, agent.c.hostname).where(agent.c.site_id == site_id, agent.c.revoked_at.is_(None))
    return [(row.id, row.hostname) for row in connection.execute(query.order_by(agent.c.hostname, agent.c.id))]


def hosts_named(connection: Connection, site_id: str, hostname: str) -> list[str]:
    """The ids of the working hosts of this name, the newest first."""
    named = (agent.c.site_id == site_id) & (agent.c.hostname == hostname) & agent.c.revoked_at.is_(None)
    return list(connection.execute(select(agent.c.id).where(named).order_by(agent.c.enrolled_at.desc())).scalars())


def drills_of(connection: Connection, site_id: str | None = None) -> dict[str, list[Drill]]:
    """Of each host the newest good and the newest failed drill of each level: all that a verdict needs."""
    at = func.max(_AT, type_=backup_proof.c.ended_at.type)
    kinds = (backup_proof.c.agent_id, backup_proof.c.level, backup_proof.c.is_good)
    query = select(*kinds, at.label("at")).where(
        backup_proof.c.act == Act.DRILL.value, backup_proof.c.level.is_not(None)
    )
    if site_id is not None:
        query = query.where(backup_proof.c.site_id == site_id)
    found: dict[str, list[Drill]] = {}
    for row in connection.execute(query.group_by(*kinds)):
        found.setdefault(row.agent_id, []).append(Drill(row.level, row.is_good, row.at))
    return found


def told_of(connection: Connection) -> dict[str, list[tuple[str, bool]]]:
    """Of each site its working hosts, and whether each has told anything about backups."""
    told = select(backup_proof.c.id).where(backup_proof.c.agent_id == agent.c.id).exists()
    query = select(agent.c.site_id, agent.c.id, told.label("told")).where(agent.c.revoked_at.is_(None))
    found: dict[str, list[tuple[str, bool]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.site_id, []).append((row.id, row.told))
    return found


def newest_of(connection: Connection, agent_id: str, limit: int) -> Sequence[Any]:
    """The newest rows of a host, newest first; `at` is when it was done."""
    query = _rows().where(backup_proof.c.agent_id == agent_id)
    return connection.execute(query.order_by(_AT.desc(), backup_proof.c.id.desc()).limit(limit)).all()


def newest_proven(connection: Connection, agent_id: str) -> Any:
    """The row of a host's newest good drill of level 3 or 4, or None."""
    query = _rows().where(backup_proof.c.agent_id == agent_id, _is_proven())
    return connection.execute(query.order_by(_AT.desc(), backup_proof.c.id.desc()).limit(1)).first()


def find(connection: Connection, proof_id: int, site_id: str | None = None) -> Any:
    """One row, or None; with a site only one of that site."""
    query = _rows().where(backup_proof.c.id == proof_id)
    if site_id is not None:
        query = query.where(backup_proof.c.site_id == site_id)
    return connection.execute(query).first()


def delete_old(connection: Connection, before: datetime) -> int:
    """Delete up to `CHUNK_ROWS` proofs that came before, but of no host its newest good one of each act and level."""
    kinds = (backup_proof.c.agent_id, backup_proof.c.act, func.coalesce(backup_proof.c.level, -1))
    rank = func.row_number().over(partition_by=kinds, order_by=(_AT.desc(), backup_proof.c.id.desc())).label("rank")
    good = select(backup_proof.c.id, rank).where(backup_proof.c.is_good.is_(True)).subquery()
    kept = select(good.c.id).where(good.c.rank == 1)
    old = select(backup_proof.c.id).where(backup_proof.c.received_at < before, backup_proof.c.id.not_in(kept))
    unwanted = old.order_by(backup_proof.c.id).limit(CHUNK_ROWS)
    return connection.execute(delete(backup_proof).where(backup_proof.c.id.in_(unwanted))).rowcount


def _is_proven() -> Any:
    return (
        (backup_proof.c.act == Act.DRILL.value)
        & backup_proof.c.is_good.is_(True)
        & (backup_proof.c.level >= PROVEN_LEVEL)
    )


def _rows() -> Select[Any]:
    return select(backup_proof, _AT.label("at"))
