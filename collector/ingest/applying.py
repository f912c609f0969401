"""One batch becomes rows: everything it means, inside the caller's transaction.

A batch is applied as a whole, in a savepoint. If something in it cannot be stored, its records are
taken one by one, each in a savepoint of its own, and the one that fails is parked with the reason:
a poisoned record costs itself and nothing else, and the agent is not asked to send it for ever.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from collector.backups.service import take_proofs
from collector.errors import StoreUnavailable
from collector.fleet.enrolment import collector_event
from collector.fleet.lives.service import Heard, follow
from collector.fleet.software.repository import take as take_software
from collector.health.keeping import keep as keep_health
from collector.ingest import repository
from collector.ingest.marks import place
from collector.ingest.model import Applied, Job, ParkedRecord
from collector.relay import service as relay
from collector.relay.heads.service import TakenHeads, take_heads
from collector.relay.progress import take_progress
from collector.settings.model import Rules
from collector.store.database import Connection, savepoint
from collector.tickets.codebook import ALIVE_CODE, TRUST_MODULE, Codebook
from collector.tickets.desk.desk import Desk as TicketDesk
from collector.tickets.desk.model import SITE_MODULE
from collector.tickets.desk.silence import Host, heard
from collector.tickets.desk.stored import StoredBooks
from collector.tickets.evidence import attach
from collector.tickets.recording import Sighting, record
from collector.unknowns.repository import take as take_unknowns
from wire.lives import Ending
from wire.messages import Event, Evidence, Gap, Health, Inventory, InventoryDiff, Record, UnknownError, encode_record
from wire.proofs import AuditMark, BackupMark, PatchProgress, Result

REASON_CHARS = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Desk:
    """What applying needs beside the batch."""

    codebook: Codebook
    rules: Rules
    new_secret: Callable[[], str]


def apply_batch(connection: Connection, job: Job, desk: Desk) -> Applied:
    """Apply one batch exactly once; raises `TooFarAhead` and `StoreUnavailable`, and then nothing of it remains."""
    marks = repository.find_marks(connection, [job.agent.id])
    mark, above = marks.get(repository.lane_of(job), (0, frozenset[int]()))
    placed = place(mark, above, job.batch.sequence)
    if placed.duplicate:
        parked_count, digest = repository.taken_before(connection, job)
        return Applied(mark, duplicate=True, parked=parked_count, digest=digest)
    try:
        with savepoint(connection):
            repeated, parked = _write(connection, job, job.records, desk), list[ParkedRecord]()
    except StoreUnavailable:
        raise
    except Exception:
        log.exception("batch %s of agent %s: one by one now", job.batch.sequence, job.agent.id)
        repeated, parked = _one_by_one(connection, job, desk)
    parked += job.parked
    repository.add_parked(connection, job, parked)
    repository.add_batches(connection, [repository.batch_row(job, parked_count=len(parked), repeated=repeated)])
    repository.save_marks(connection, [(job, placed)])
    repository.mark_seen(connection, [job])
    cloned = _follow_host(connection, job, desk, is_first=not mark and not above)
    taken = take_heads(connection, job.agent, _marks(job), job.received_at)
    noticed = [*cloned, *_frauds(job, taken, desk)]
    record(connection, job.agent.site_id, noticed, codebook=desk.codebook, rules=desk.rules)
    documents = relay.due(connection, job.agent.id, job.received_at)
    return Applied(
        placed.mark, parked=len(parked), repeated=repeated, documents=tuple(documents), heads=taken.countersign
    )


def _frauds(job: Job, taken: TakenHeads, desk: Desk) -> Iterable[Sighting]:
    """A chain that was rewritten or shortened opens a ticket of the built-in catalogue."""
    for code in taken.codes:
        identity = {"host": job.agent.id}
        event = collector_event(TRUST_MODULE, code, identity, event_id=desk.new_secret(), now=job.received_at)
        yield Sighting(event, job.received_at, immediate=True)


def _marks(job: Job) -> list[AuditMark]:
    return [item for _, item in job.records if isinstance(item, AuditMark)]


def _one_by_one(connection: Connection, job: Job, desk: Desk) -> tuple[int, list[ParkedRecord]]:
    repeated, parked = 0, list[ParkedRecord]()
    for position, item in job.records:
        try:
            with savepoint(connection):
                repeated += _write(connection, job, [(position, item)], desk)
        except StoreUnavailable:
            raise
        except Exception as error:
            log.exception("record %s of batch %s is parked", position, job.batch.sequence)
            reason = f"{type(error).__name__}: {error}"[:REASON_CHARS]
            parked.append(ParkedRecord(position, encode_record(item), reason))
    return repeated, parked


def _write(connection: Connection, job: Job, records: Iterable[tuple[int, Record]], desk: Desk) -> int:
    """Store these records; returns how many events were known already."""
    items = list(records)
    samples = [item for _, item in items if isinstance(item, Health)]
    keep_health(connection, [(job.agent.id, job.agent.site_id, sample, job.received_at) for sample in samples])
    repository.add_gaps(connection, job, [item for _, item in items if isinstance(item, Gap)])
    unknowns = [item for _, item in items if isinstance(item, UnknownError)]
    take_unknowns(connection, job.agent.site_id, unknowns, job.received_at)
    _note_life(connection, job, desk)
    sightings = [sighting(job, position, item) for position, item in items if isinstance(item, Event)]
    repeated = record(connection, job.agent.site_id, sightings, codebook=desk.codebook, rules=desk.rules)
    attach(connection, job.agent.id, [item for _, item in items if isinstance(item, Evidence)])
    inventories = [item for _, item in items if isinstance(item, Inventory)]
    if inventories:
        repository.save_inventory(connection, job, inventories[-1])
    diffs = [item for _, item in items if isinstance(item, InventoryDiff)]
    take_software(connection, agent_id=job.agent.id, site_id=job.agent.site_id, diffs=diffs)
    for _, item in items:
        if isinstance(item, Result):
            relay.take_result(connection, job.agent, item, job.received_at)
        elif isinstance(item, PatchProgress):
            take_progress(connection, job.agent, item, job.received_at)
    proofs = [item for _, item in items if isinstance(item, BackupMark)]
    take_proofs(connection, job.agent, proofs, job.received_at)
    return repeated


def sighting(job: Job, position: int, event: Event) -> Sighting:
    """An event with its place."""
    return Sighting(
        event=event,
        received_at=job.received_at,
        agent_id=job.agent.id,
        epoch=job.batch.epoch,
        sequence=job.batch.sequence,
        position=position,
    )


def _note_life(connection: Connection, job: Job, desk: Desk) -> None:
    """The agent was silent and is back: the collector notes that itself, before the batch's own events."""
    known = repository.presence(connection, job.agent.id)
    if known.silent_since is None:
        return
    now, site = job.received_at, job.agent.site_id
    event = collector_event(SITE_MODULE, ALIVE_CODE, {"host": known.hostname}, event_id=desk.new_secret(), now=now)
    record(connection, site, [Sighting(event, now)], codebook=desk.codebook, rules=desk.rules)
    books = StoredBooks(connection, desk.codebook)
    heard(TicketDesk(books, desk.rules), Host(site, known.hostname), now)
    books.flush()


def _follow_host(connection: Connection, job: Job, desk: Desk, *, is_first: bool) -> list[Sighting]:
    """What the batch tells of the host's life, and whether another machine uses its identity."""
    told = [item for _, item in job.records if isinstance(item, Health | Ending)]
    heard = Heard(job.batch.epoch, is_first, told, timedelta(milliseconds=job.skew_ms), job.received_at)
    event = follow(connection, job.agent, heard, desk.new_secret)
    return [Sighting(event, job.received_at, immediate=True)] if event is not None else []
