"""A batch on its way from the gate to the database, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collector.fleet.model import KnownAgent
from wire.documents.envelope import Envelope
from wire.envelope import Batch, Document
from wire.messages import Record


@dataclass(frozen=True)
class ParkedRecord:
    """A record that could not be taken, with its place in the batch (from 0)."""

    position: int
    body: bytes
    reason: str


@dataclass(frozen=True)
class Job:
    """One batch, verified and decoded."""

    agent: KnownAgent
    batch: Batch
    records: tuple[tuple[int, Record], ...]  # with their places in the batch
    parked: tuple[ParkedRecord, ...]
    digest: str  # sha256 of the body as it was signed
    size_bytes: int  # of the plain JSON: what it costs to keep it waiting
    received_at: datetime
    skew_ms: int  # the agent's clock minus ours, from the signature's second


@dataclass(frozen=True)
class Applied:
    """What the answer says: the mark after the commit, and how many records were parked.

    Of a duplicate, `digest` is the one of the body that was taken under its sequence before; empty
    when the evidence of that has expired.
    """

    mark: int
    duplicate: bool = False
    parked: int = 0
    repeated: int = 0  # events that were known before
    digest: str = ""
    documents: tuple[Document, ...] = ()  # signed by others, on their way down
    heads: tuple[Envelope, ...] = ()  # of the host's audit chain, to be countersigned


@dataclass(frozen=True)
class Work:
    """How the writer stands: what waits, the seconds it will take, and two sums that only grow."""

    jobs: int
    size_bytes: int
    oldest_s: float
    backlog_s: float
    busy_s: float  # of the thread, since it began
    refused: int
