"""Proofs of backup in the database; SQL only. Rows are added, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from collector.fleet.model import KnownAgent
from collector.store.tables import backup_proof
from wire.documents.backups import BackupProof


def add_proof(connection: Connection, agent: KnownAgent, proof: BackupProof, envelope: bytes, now: datetime) -> bool:
    """Keep a proof; False when its number is known already."""
    known = select(backup_proof.c.id).where(
        backup_proof.c.agent_id == agent.id,
        backup_proof.c.journal == proof.journal,
        backup_proof.c.number == proof.number,
    )
    if connection.execute(known).first() is not None:
        return False
    row = insert(backup_proof).values(
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
