"""POST /v1/exchange: from a claim to a receipt.

The order is the defence: nothing is unpacked before its signature holds, and nothing of the body
says who sent it. Whoever is known and has signed gets signed answers, refusals too, so that a
proxy cannot speak for us. A site that sends too much and a full queue are told after the signature
and before the unpacking.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from collector.errors import StoreFull, StoreUnavailable
from collector.fleet.model import KnownAgent
from collector.fleet.registry import Registry
from collector.ingest.answers import Addressee, Answer, Refused, Signer
from collector.ingest.gate import Gate
from collector.ingest.grouping import NotApplied
from collector.ingest.marks import TooFarAhead
from collector.ingest.model import Applied, Job
from collector.ingest.patience import Patience
from collector.ingest.proving import check_not_revoked, claimant, prove
from collector.ingest.unpacking import Unpacked, read_batch
from collector.ingest.writer import Overloaded, SiteOverShare, Writer
from wire import envelope, frame
from wire.enrolment import ack_tag, exchange_tag
from wire.errors import Malformed, TooLarge
from wire.pacing import phase_s
from wire.signatures import SEQUENCE_HEADER, Claim, Message

PATH = "/v1/exchange"
COMMIT_S = 20.0  # a commit that takes longer is answered 503; the batch may be stored, its repeat is a duplicate
THREAD_BYTES = 200_000  # a larger batch is decoded beside the event loop, so that it holds nobody up


async def _stays() -> None:
    """A connection that nobody watches."""
    await asyncio.Event().wait()


@dataclass(frozen=True)
class Request:
    """One request as it came: lower-case fields, whole body. `gone` returns when its sender has hung up."""

    fields: Mapping[str, str]
    query: str
    body: bytes
    gone: Callable[[], Awaitable[None]] = _stays


@dataclass(frozen=True)
class Exchange:
    """The use case with everything it needs."""

    registry: Registry
    writer: Writer
    signer: Signer
    generation: str
    gate: Gate
    now: Callable[[], datetime]
    patience: Patience = field(default_factory=lambda: Patience(COMMIT_S))

    async def answer(self, request: Request) -> Answer:
        """The answer to one batch; `Refused` says for whom it is to be signed, if anybody is known."""
        claim, agent = claimant(self.registry, request.fields)
        to = Addressee(ack_tag(agent.id), request.fields.get(SEQUENCE_HEADER, ""))
        kind, digest = request.fields["content-type"], request.fields.get("content-digest", "")
        sent = Message(kind, request.body, to.sequence, path=PATH, query=request.query)
        prove(claim, agent, sent, digest=digest, tag=exchange_tag(self.signer.key_id), now=self.now())
        try:
            batch, applied = await self._take(claim, agent, request)
        except Refused as refused:
            refused.to = to
            raise
        return self.signer.signed(self._receipt(batch, applied, self.gate.pace()), to)

    async def _take(self, claim: Claim, agent: KnownAgent, request: Request) -> tuple[envelope.Batch, Applied]:
        """Everything after the signature: the sender is known from here on."""
        check_not_revoked(agent)
        try:
            self.gate.admit(agent)
            self.writer.check_room(agent.site_id)
            plain = frame.unpack(request.body)
            unpacked = await asyncio.to_thread(read_batch, plain) if len(plain) > THREAD_BYTES else read_batch(plain)
            self._check_sender(agent, unpacked.batch, request)
            self.gate.charge(agent, len(plain))
            return unpacked.batch, await self._stored(claim, agent, request, unpacked, len(plain))
        except Malformed as error:
            raise Refused(400, "malformed", str(error)) from error
        except TooLarge as error:
            raise Refused(413, "too_large", str(error)) from error
        except SiteOverShare as error:
            raise Refused(429, "site_share", str(error), retry=True) from error
        except Overloaded as error:
            raise Refused(503, "overloaded", str(error), retry=True) from error

    def _check_sender(self, agent: KnownAgent, batch: envelope.Batch, request: Request) -> None:
        if request.fields.get(SEQUENCE_HEADER) != f"{batch.epoch}/{batch.sequence}":
            raise Refused(400, "sequence_mismatch", "the signed sequence is not the one of the batch")
        if batch.agent != agent.id:
            raise Refused(403, "agent_mismatch", "this key belongs to another agent")

    async def _stored(
        self, claim: Claim, agent: KnownAgent, request: Request, unpacked: Unpacked, size_bytes: int
    ) -> Applied:
        """The outcome after the commit."""
        now = self.now()
        job = Job(
            agent=agent,
            batch=unpacked.batch,
            records=unpacked.records,
            parked=unpacked.parked,
            digest=hashlib.sha256(request.body).hexdigest(),
            size_bytes=size_bytes,
            received_at=now,
            skew_ms=(claim.created - int(now.timestamp())) * 1_000,
        )
        try:
            return await self.patience.limited(self.writer.submit(job))
        except Overloaded:
            raise
        except TooFarAhead as error:
            raise Refused(409, "sequence_too_far", str(error)) from error
        except StoreFull as error:
            raise Refused(507, "store_full", str(error), retry=True) from error
        except (StoreUnavailable, NotApplied, TimeoutError) as error:
            raise Refused(503, "store_unavailable", str(error), retry=True) from error

    def _receipt(self, batch: envelope.Batch, applied: Applied, interval_s: float) -> Answer:
        reply = envelope.Reply(
            epoch=batch.epoch,
            mark=applied.mark,
            generation=self.generation,
            time=self.now(),
            interval_s=interval_s,
            phase_s=phase_s(batch.agent, interval_s),
            duplicate=applied.duplicate,
            digest=applied.digest,
            parked=applied.parked,
            documents=[*applied.documents, *(self.signer.countersign(head) for head in applied.heads[-1:])],
        )
        return Answer(200, frame.CONTENT_TYPE, frame.pack(envelope.encode(reply)))
