"""POST /v1/bundles: a piece of a support bundle, believed when its host has signed exactly these bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from collector.errors import StoreFull, StoreUnavailable
from collector.fleet.registry import Registry
from collector.ingest.answers import Addressee, Answer, Refused, Signer
from collector.ingest.exchange import Request
from collector.ingest.proving import check_not_revoked, claimant, prove
from collector.relay.bundles.model import PieceRefused
from collector.relay.bundles.service import Bundles
from wire.bundle import BUNDLE_TYPE, PATH, bundle_tag, read_place
from wire.enrolment import ack_tag
from wire.errors import Malformed
from wire.signatures import SEQUENCE_HEADER, Message

REPLY_TYPE = "application/json"


@dataclass(frozen=True)
class BundleDoor:
    """One piece at a time, whoever sends it."""

    bundles: Bundles
    registry: Registry
    signer: Signer
    now: Callable[[], datetime]
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def answer(self, request: Request) -> Answer:
        """How much is here now, signed; so are refusals to whoever is known."""
        claim, agent = claimant(self.registry, request.fields)
        to = Addressee(ack_tag(agent.id), request.fields.get(SEQUENCE_HEADER, ""))
        sent = Message(BUNDLE_TYPE, request.body, to.sequence, path=PATH, query=request.query)
        digest = request.fields.get("content-digest", "")
        prove(claim, agent, sent, digest=digest, tag=bundle_tag(self.signer.key_id), now=self.now())
        try:
            check_not_revoked(agent)
            place = read_place(to.sequence)
            async with self.turn:
                reply = await asyncio.to_thread(self.bundles.take, agent, place, request.body, self.now())
        except Refused as refused:
            refused.to = to
            raise
        except Malformed as error:
            raise Refused(400, "malformed", str(error), to=to) from error
        except PieceRefused as refused:
            raise Refused(refused.status, refused.error, str(refused), to=to) from refused
        except (OSError, StoreFull, StoreUnavailable) as error:
            raise Refused(503, "unavailable", "the piece cannot be kept now", retry=True, to=to) from error
        return self.signer.signed(Answer(200, REPLY_TYPE, msgspec.json.encode(reply)), to)
