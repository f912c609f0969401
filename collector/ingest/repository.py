"""Marks, batches, parked records, health, gaps and inventory in the database.

Statements of every batch are built once: building one costs more than running it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from collector.ingest.marks import Placed
from collector.ingest.model import Job, ParkedRecord
from collector.store.tables import agent, batch, batch_above, batch_mark, gap, health_sample, inventory, parked
from collector.store.upserts import upsert
from wire.messages import Gap, Health, Inventory, encode_record

PARKED_BYTES = 65_536  # enough to see what it was; a record may have megabytes


_MARK = select(batch_mark.c.mark).where(
    batch_mark.c.agent_id == bindparam("agent_id"), batch_mark.c.epoch == bindparam("epoch")
)
_ABOVE = select(batch_above.c.sequence).where(
    batch_above.c.agent_id == bindparam("agent_id"), batch_above.c.epoch == bindparam("epoch")
)
_row = upsert(batch_mark)
_SAVE_MARK = _row.on_conflict_do_update(
    index_elements=[batch_mark.c.agent_id, batch_mark.c.epoch],
    set_={"mark": _row.excluded.mark, "last_at": _row.excluded.last_at},
)
_INSERT_BATCH = insert(batch)
_INSERT_HEALTH = insert(health_sample)
_PRESENCE = select(agent.c.hostname, agent.c.silent_since).where(agent.c.id == bindparam("agent_id"))
_SEEN = update(agent).where(agent.c.id == bindparam("agent_id"))


def find_mark(connection: Connection, agent_id: str, epoch: str) -> tuple[int, frozenset[int]]:
    """The mark of this agent and epoch (0 before its first batch), and what is applied above it."""
    mine = {"agent_id": agent_id, "epoch": epoch}
    mark = connection.execute(_MARK, mine).scalar_one_or_none() or 0
    return mark, frozenset(connection.execute(_ABOVE, mine).scalars())


def save_mark(connection: Connection, agent_id: str, epoch: str, placed: Placed, now: datetime) -> None:
    """Write the new mark and what changed above it."""
    row = {"agent_id": agent_id, "epoch": epoch, "mark": placed.mark, "first_at": now, "last_at": now}
    connection.execute(_SAVE_MARK, row)
    if placed.added is not None:
        connection.execute(insert(batch_above).values(agent_id=agent_id, epoch=epoch, sequence=placed.added))
    if placed.removed:
        mine = (batch_above.c.agent_id == agent_id) & (batch_above.c.epoch == epoch)
        connection.execute(delete(batch_above).where(mine, batch_above.c.sequence.in_(placed.removed)))


def add_batch(connection: Connection, job: Job, *, parked_count: int, repeated: int) -> None:
    """Keep the evidence of an acknowledged batch."""
    row = {
        "agent_id": job.agent.id,
        "epoch": job.batch.epoch,
        "sequence": job.batch.sequence,
        "received_at": job.received_at,
        "sealed_at": job.batch.sealed_at,
        "digest": job.digest,
        "records": len(job.batch.records),
        "parked": parked_count,
        "repeated": repeated,
    }
    connection.execute(_INSERT_BATCH, row)


def taken_before(connection: Connection, job: Job) -> tuple[int, str]:
    """Of what was taken under this sequence: how many records were parked, and the digest; (0, "") once expired."""
    mine = (batch.c.agent_id == job.agent.id) & (batch.c.epoch == job.batch.epoch)
    query = select(batch.c.parked, batch.c.digest).where(mine, batch.c.sequence == job.batch.sequence)
    row = connection.execute(query).one_or_none()
    return (0, "") if row is None else (row.parked, row.digest)


def add_parked(connection: Connection, job: Job, records: Sequence[ParkedRecord]) -> None:
    """Keep what could not be taken, for a person to look at."""
    rows = [
        {
            "agent_id": job.agent.id,
            "epoch": job.batch.epoch,
            "sequence": job.batch.sequence,
            "position": record.position,
            "received_at": job.received_at,
            "reason": record.reason,
            "body": record.body[:PARKED_BYTES],
        }
        for record in records
    ]
    if rows:
        connection.execute(insert(parked), rows)


@dataclass(frozen=True)
class Presence:
    """What an agent's row says before this batch."""

    hostname: str
    silent_since: datetime | None


def presence(connection: Connection, agent_id: str) -> Presence:
    """Host name and silence of an agent."""
    row = connection.execute(_PRESENCE, {"agent_id": agent_id}).one()
    return Presence(row.hostname, row.silent_since)


def mark_seen(connection: Connection, job: Job, boot_id: str | None) -> None:
    """Note the sign of life, and what the batch says about the agent itself."""
    spool = job.batch.spool
    values = {
        "last_seen_at": job.received_at,
        "silent_since": None,
        "clock_skew_ms": job.skew_ms,
        "session": job.batch.session,
        "spool_bytes": spool.bytes,
        "spool_full": spool.full,
        **({} if boot_id is None else {"boot_id": boot_id}),
    }
    connection.execute(_SEEN, {**values, "agent_id": job.agent.id})


def add_health(connection: Connection, job: Job, samples: Sequence[Health]) -> None:
    """Append health samples."""
    rows = [
        {
            "site_id": job.agent.site_id,
            "agent_id": job.agent.id,
            "sampled_at": sample.sampled_at,
            "received_at": job.received_at,
            "cpu_percent": sample.cpu_percent,
            "memory_used_percent": sample.memory_used_percent,
            "load_1m": sample.load_1m,
            "body": encode_record(sample).decode(),
        }
        for sample in samples
    ]
    if rows:
        connection.execute(_INSERT_HEALTH, rows)


def add_gaps(connection: Connection, job: Job, gaps: Sequence[Gap]) -> None:
    """Append what is missing."""
    rows = [
        {
            "site_id": job.agent.site_id,
            "agent_id": job.agent.id,
            "cause": found.cause.value,
            "source": found.source,
            "noticed_at": found.noticed_at,
            "received_at": job.received_at,
            "body": encode_record(found).decode(),
        }
        for found in gaps
    ]
    if rows:
        connection.execute(insert(gap), rows)


def save_inventory(connection: Connection, job: Job, found: Inventory) -> None:
    """Keep the newest inventory of an agent, and its host's name in the agent's row."""
    values = {"received_at": job.received_at, "body": encode_record(found).decode()}
    row = upsert(inventory).values(agent_id=job.agent.id, site_id=job.agent.site_id, **values)
    connection.execute(row.on_conflict_do_update(index_elements=[inventory.c.agent_id], set_=values))
    named = {"hostname": found.hostname, "os": found.os, "agent_version": found.agent_version}
    connection.execute(update(agent).where(agent.c.id == job.agent.id).values(**named))
