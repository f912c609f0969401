"""Marks, batches, parked records, health, gaps and inventory in the database.

Statements of every batch are built once: building one costs more than running it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from collector.ingest.marks import Placed
from collector.ingest.model import Job, ParkedRecord
from collector.store.prepared import Prepared
from collector.store.tables import agent, batch, batch_above, batch_mark, gap, inventory, parked
from collector.store.upserts import upsert
from wire.messages import Gap, Inventory, encode_record

PARKED_BYTES = 65_536  # enough to see what it was; a record may have megabytes


_MARKS = Prepared(
    select(batch_mark.c.agent_id, batch_mark.c.epoch, batch_mark.c.mark).where(
        batch_mark.c.agent_id.in_(bindparam("ids", expanding=True))
    )
)
_ABOVE = Prepared(
    select(batch_above.c.agent_id, batch_above.c.epoch, batch_above.c.sequence).where(
        batch_above.c.agent_id.in_(bindparam("ids", expanding=True))
    )
)
_its_above = (batch_above.c.agent_id == agent.c.id) & (batch_above.c.epoch == agent.c.epoch)
_STANDINGS = Prepared(
    select(
        agent.c.id,
        agent.c.silent_since,
        agent.c.epoch,
        agent.c.boot_id,
        agent.c.life_session,
        agent.c.lost_at,
        batch_mark.c.mark,
        exists().where(_its_above).label("has_above"),
    )
    .select_from(
        agent.outerjoin(batch_mark, (batch_mark.c.agent_id == agent.c.id) & (batch_mark.c.epoch == agent.c.epoch))
    )
    .where(agent.c.id.in_(bindparam("ids", expanding=True)))
)
_row = upsert(batch_mark)
_SAVE_MARK = Prepared(
    _row.on_conflict_do_update(
        index_elements=[batch_mark.c.agent_id, batch_mark.c.epoch],
        set_={"mark": _row.excluded.mark, "last_at": _row.excluded.last_at},
    )
)
_INSERT_BATCH = Prepared(insert(batch))
_PRESENCE = Prepared(select(agent.c.hostname, agent.c.silent_since).where(agent.c.id == bindparam("agent_id")))
_SEEN = Prepared(update(agent).where(agent.c.id == bindparam("agent_id")))
Lane = tuple[str, str]  # an agent and its epoch
Marks = dict[Lane, tuple[int, frozenset[int]]]  # of each lane the mark, and what is applied above it


def find_marks(connection: Connection, agents: Sequence[str]) -> Marks:
    """Of every epoch of these agents; nothing before its first batch."""
    above = _find_above(connection, agents)
    marks = {(row.agent_id, row.epoch): row.mark for row in _MARKS.each(connection, "ids", agents)}
    return {lane: (marks.get(lane, 0), frozenset(above.get(lane, ()))) for lane in marks.keys() | above.keys()}


def _find_above(connection: Connection, agents: Sequence[str]) -> dict[Lane, set[int]]:
    above: dict[Lane, set[int]] = {}
    for row in _ABOVE.each(connection, "ids", agents):
        above.setdefault((row.agent_id, row.epoch), set()).add(row.sequence)
    return above


def save_marks(connection: Connection, placed: Iterable[tuple[Job, Placed]]) -> None:
    """Write the new marks, and what changed above them, of batches in their order."""
    rows: dict[Lane, dict[str, Any]] = {}
    for job, place in placed:
        lane, now = lane_of(job), job.received_at
        first_at = rows[lane]["first_at"] if lane in rows else now
        values = {"mark": place.mark, "first_at": first_at, "last_at": now}
        rows[lane] = {"agent_id": lane[0], "epoch": lane[1], **values}
        _change_above(connection, lane, place)
    _SAVE_MARK.run(connection, [rows[lane] for lane in sorted(rows)])


def _change_above(connection: Connection, lane: Lane, placed: Placed) -> None:
    agent_id, epoch = lane
    if placed.added is not None:
        connection.execute(insert(batch_above).values(agent_id=agent_id, epoch=epoch, sequence=placed.added))
    if placed.removed:
        mine = (batch_above.c.agent_id == agent_id) & (batch_above.c.epoch == epoch)
        connection.execute(delete(batch_above).where(mine, batch_above.c.sequence.in_(placed.removed)))


def lane_of(job: Job) -> Lane:
    """Where the sequence of a batch counts."""
    return job.agent.id, job.batch.epoch


def add_batches(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the evidence of acknowledged batches."""
    _INSERT_BATCH.run(connection, rows)


def batch_row(job: Job, *, parked_count: int, repeated: int) -> dict[str, Any]:
    """The evidence of one batch."""
    return {
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
    row = _PRESENCE.one(connection, agent_id=agent_id)
    if row is None:
        raise LookupError(f"there is no agent {agent_id}")
    return Presence(row.hostname, row.silent_since)


@dataclass(frozen=True)
class Standing:
    """What an agent's row says before a group: whether anything but a plain sign of life would change it."""

    is_silent: bool
    epoch: str
    boot_id: str
    session: int
    is_lost: bool


def standings(connection: Connection, agents: Sequence[str]) -> tuple[dict[str, Standing], Marks]:
    """Of each of these agents, with the marks of the epoch that it was last heard in."""
    rows = list(_STANDINGS.each(connection, "ids", agents))
    above = _find_above(connection, [row.id for row in rows if row.has_above])
    found = {
        row.id: Standing(
            row.silent_since is not None, row.epoch, row.boot_id, row.life_session, row.lost_at is not None
        )
        for row in rows
    }
    marks = {(row.id, row.epoch): (row.mark or 0, frozenset(above.get((row.id, row.epoch), ()))) for row in rows}
    return found, marks


def mark_seen(connection: Connection, jobs: Iterable[Job]) -> None:
    """Note signs of life, and what the newest batch says about its agent."""
    rows: dict[str, dict[str, Any]] = {}
    for job in jobs:
        spool = job.batch.spool
        rows[job.agent.id] = {
            "last_seen_at": job.received_at,
            "silent_since": None,
            "clock_skew_ms": job.skew_ms,
            "session": job.batch.session,
            "spool_bytes": spool.bytes,
            "spool_full": spool.full,
            "agent_id": job.agent.id,
        }
    _SEEN.run(connection, [rows[agent_id] for agent_id in sorted(rows)])


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
