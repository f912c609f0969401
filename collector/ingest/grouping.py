"""A group of batches in one transaction: what all of them need is read at once, what they leave is written at once.

Nearly every batch is *plain*: events, health, gaps and unknown errors of an agent that was heard before, in the same
epoch, the same boot of its host and the same start of its own. Plain batches
that follow each other in the group are applied together, in their order: one look for marks, one for documents, one
set of books for all events, and each table written once. Any other batch is applied by itself at its place.

All of this stands in one savepoint. If anything in it fails, nothing of it remains and each batch is applied alone
(`applying.py`), so that a poisoned record still costs itself and nothing else; what it costs is doing it twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from collector.errors import CollectorError, StoreUnavailable
from collector.health.keeping import Taken
from collector.health.keeping import keep as keep_health
from collector.ingest import repository
from collector.ingest.applying import Desk, apply_batch, sighting
from collector.ingest.marks import Placed, TooFarAhead, moved, place
from collector.ingest.model import Applied, Job
from collector.ingest.repository import Lane, Marks, Standing
from collector.relay import service as relay
from collector.store.database import Connection, savepoint
from collector.tickets.recording import Sighting, record_all
from collector.unknowns.repository import take as take_unknowns
from wire.envelope import Document
from wire.messages import Event, Gap, Health, UnknownError
from wire.sentence import sentence

PLAIN = (Event, Health, Gap, UnknownError)

log = logging.getLogger(__name__)

Outcome = Applied | Exception


class NotApplied(CollectorError):
    """A defect of ours stood in the way of a batch; it is in the log, and nothing of the batch remains."""


def not_applied() -> NotApplied:
    """What the sender of such a batch is told."""
    return NotApplied(sentence("a defect of the collector; its log says more"))


def apply_group(
    connection: Connection, jobs: Sequence[Job], desk: Desk, *, on_twice: Callable[[], object] = lambda: None
) -> list[Outcome]:
    """Apply each batch exactly once, in their order; raises `StoreUnavailable`, and then nothing of any remains.

    `on_twice` is called when one of them makes all of them cost twice.
    """
    try:
        with savepoint(connection):
            return list(_together(connection, jobs, desk))
    except StoreUnavailable:
        raise
    except Exception:
        log.exception("a group of %s batches: one by one now", len(jobs))
        on_twice()
        return [apply_alone(connection, job, desk) for job in jobs]


def apply_alone(connection: Connection, job: Job, desk: Desk) -> Outcome:
    """One batch of the group; what is wrong with it alone is its own outcome."""
    try:
        with savepoint(connection):
            return apply_batch(connection, job, desk)
    except StoreUnavailable:
        raise
    except TooFarAhead as error:
        return error
    except Exception:
        log.exception("batch %s of agent %s was not applied", job.batch.sequence, job.agent.id)
        return not_applied()


def _together(connection: Connection, jobs: Sequence[Job], desk: Desk) -> Iterator[Outcome]:
    standings, marks = repository.standings(connection, _agents(jobs))

    def is_plain(job: Job) -> bool:
        standing = standings.get(job.agent.id)
        if standing is None or not goes_on(standing, job):
            standings.pop(job.agent.id, None)  # its row changes: what is known of it holds no longer in this group
            return False
        return True

    for plain, some in groupby(jobs, is_plain):
        if plain:
            yield from _apply_plain(connection, list(some), desk, marks)
        else:
            yield from (apply_alone(connection, job, desk) for job in some)


def goes_on(standing: Standing, job: Job) -> bool:
    """Whether a batch only goes on where its agent stands: it was not missed, and lives on in the same way."""
    if standing.is_silent or standing.is_lost or standing.epoch != job.batch.epoch:
        return False
    life = (standing.boot_id, standing.session)
    return all(
        isinstance(item, PLAIN) and (not isinstance(item, Health) or (item.boot_id, item.session) == life)
        for _, item in job.records
    )


@dataclass(frozen=True)
class _Taken:
    """A new batch, and where it belongs."""

    job: Job
    placed: Placed


def _apply_plain(connection: Connection, jobs: list[Job], desk: Desk, marks: Marks) -> list[Outcome]:
    outcomes, taken = _sorted_out(connection, jobs, marks)
    new = [each.job for each in taken]
    _write_records(connection, new)
    arrivals = [(job.agent.site_id, _sightings(job)) for job in new]
    repeated = record_all(connection, arrivals, codebook=desk.codebook, rules=desk.rules)
    rows = [
        repository.batch_row(job, parked_count=len(job.parked), repeated=count)
        for job, count in zip(new, repeated, strict=True)
    ]
    repository.add_batches(connection, rows)
    repository.save_marks(connection, [(each.job, each.placed) for each in taken])
    repository.mark_seen(connection, new)
    documents = _documents(connection, new)
    done = iter(
        Applied(each.placed.mark, parked=len(each.job.parked), documents=sent, repeated=count)
        for each, sent, count in zip(taken, documents, repeated, strict=True)
    )
    return [next(done) if outcome is None else outcome for outcome in outcomes]


def _sorted_out(connection: Connection, jobs: Sequence[Job], marks: Marks) -> tuple[list[Outcome | None], list[_Taken]]:
    """What can be said of each batch already (None: it is new), and the new ones with their places, also in `marks`."""
    evidence: dict[tuple[Lane, int], tuple[int, str]] = {}  # of this group, which no table has yet
    outcomes: list[Outcome | None] = []
    taken: list[_Taken] = []
    for job in jobs:
        lane, sequence = repository.lane_of(job), job.batch.sequence
        mark, above = marks.get(lane, (0, frozenset[int]()))
        try:
            placed = place(mark, above, sequence)
        except TooFarAhead as error:
            outcomes.append(error)
            continue
        if placed.duplicate:
            parked_count, digest = evidence.get((lane, sequence)) or repository.taken_before(connection, job)
            outcomes.append(Applied(mark, duplicate=True, parked=parked_count, digest=digest))
            continue
        marks[lane] = (placed.mark, moved(above, placed))
        evidence[lane, sequence] = (len(job.parked), job.digest)
        outcomes.append(None)
        taken.append(_Taken(job, placed))
    return outcomes, taken


def _write_records(connection: Connection, jobs: Sequence[Job]) -> None:
    """Everything but events."""
    samples: list[Taken] = []
    for job in jobs:
        gaps, unknowns = list[Gap](), list[UnknownError]()
        for _, item in job.records:
            if isinstance(item, Health):
                samples.append((job.agent.id, job.agent.site_id, item, job.received_at))
            elif isinstance(item, Gap):
                gaps.append(item)
            elif isinstance(item, UnknownError):
                unknowns.append(item)
        repository.add_gaps(connection, job, gaps)
        take_unknowns(connection, job.agent.site_id, unknowns, job.received_at)
        repository.add_parked(connection, job, job.parked)
    keep_health(connection, samples)


def _sightings(job: Job) -> list[Sighting]:
    return [sighting(job, position, item) for position, item in job.records if isinstance(item, Event)]


def _documents(connection: Connection, jobs: Sequence[Job]) -> list[tuple[Document, ...]]:
    """What goes down with the answer to each of these."""
    if not jobs:
        return []
    due = relay.due_agents(connection, _agents(jobs), max(job.received_at for job in jobs))
    return [tuple(relay.due(connection, job.agent.id, job.received_at)) if job.agent.id in due else () for job in jobs]


def _agents(jobs: Sequence[Job]) -> list[str]:
    return sorted({job.agent.id for job in jobs})
