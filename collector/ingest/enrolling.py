"""POST /v1/enrol: a new host brings its key and a token.

The request is signed with the key that it brings, so every answer after that check is signed for
that key: the token has pinned our receipt key, and the host believes no unsigned answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from collector.errors import StoreUnavailable
from collector.fleet.enrolment import EnrolFault, Enrolment, enrol, reuse_event
from collector.fleet.registry import Registry
from collector.ingest.answers import Addressee, Answer, Refused, Signer
from collector.ingest.exchange import Request
from collector.ingest.proving import unproven
from collector.settings.model import Rules
from collector.store.database import Store
from collector.store.meta import REGISTRY_VERSION, read_meta
from collector.tickets.recording import Sighting, record
from wire import enrolment
from wire.enrolment import ENROL_SEQUENCE, ENROL_TYPE, EnrolReply, EnrolRequest, enrol_ack_tag, enrol_tag
from wire.errors import Malformed, SignatureFault, SignatureRefused
from wire.frame import check_strict
from wire.keys import Ed25519PublicKey, key_id, load_public, public_bytes
from wire.signatures import SEQUENCE_HEADER, Claim, Message, read_claim, verify

PATH = "/v1/enrol"
BODY_BYTES = 16_384
AT_ONCE = 8  # enrolments under way; more are told to come back

_REFUSALS = {
    EnrolFault.REFUSED: (403, "this token is unknown, wrong or expired"),
    EnrolFault.USED: (409, "this token was used before; the vendor has been told"),
    EnrolFault.KEY_ENROLLED: (409, "this key belongs to an enrolled agent"),
}


@dataclass
class Enrolling:
    """The use case with everything it needs."""

    store: Store
    registry: Registry
    signer: Signer
    receipt_key_text: str
    generation: str
    rules: Rules
    now: Callable[[], datetime]
    new_secret: Callable[[], str]
    under_way: int = 0

    async def answer(self, request: Request) -> Answer:
        """The answer to one enrolment; `Refused` is raised while the sender has not shown its key."""
        sent, to = self._proven(request)
        try:
            outcome = await self._decided(sent)
        except Refused as refused:
            refused.to = to
            raise
        reply = EnrolReply(
            agent=outcome.agent_id,
            site=outcome.site_id,
            receipt_key=self.receipt_key_text,
            generation=self.generation,
            interval_s=self.rules.heartbeat_s,
            time=self.now(),
        )
        return self.signer.signed(Answer(200, ENROL_TYPE, enrolment.encode(reply)), to)

    def _proven(self, request: Request) -> tuple[EnrolRequest, Addressee]:
        """The request, from somebody who holds the private key of the public one in it."""
        if len(request.body) > BODY_BYTES:
            raise Refused(413, "body_too_large", f"at most {BODY_BYTES} bytes")
        try:
            claim = read_claim(request.fields)
            check_strict(request.body)
            sent = enrolment.decode_enrol_request(request.body)
            key = load_public(sent.public_key)
        except SignatureRefused as refused:
            raise unproven(refused) from refused
        except Malformed as error:
            raise Refused(400, "malformed", str(error)) from error
        to = Addressee(enrol_ack_tag(claim.key_id), ENROL_SEQUENCE)
        if claim.key_id != key_id(public_bytes(key)):
            raise Refused(401, SignatureFault.KEY, "not signed with the key that it brings")
        try:
            self._verify(claim, key, request)
        except SignatureRefused as refused:
            raise unproven(refused, to) from refused
        return sent, to

    def _verify(self, claim: Claim, key: Ed25519PublicKey, request: Request) -> None:
        message = Message(
            content_type=request.fields["content-type"],
            body=request.body,
            sequence=request.fields.get(SEQUENCE_HEADER, ""),
            path=PATH,
            query=request.query,
        )
        if message.sequence != ENROL_SEQUENCE:
            raise SignatureRefused(SignatureFault.FORM, f"the sequence of an enrolment is {ENROL_SEQUENCE}")
        tag = enrol_tag(self.signer.key_id)
        digest = request.fields.get("content-digest", "")
        verify(claim, message, digest_header=digest, key=key, tag=tag, now=self.now())

    async def _decided(self, sent: EnrolRequest) -> Enrolment:
        if self.under_way >= AT_ONCE:
            raise Refused(503, "overloaded", "too many enrolments at once", retry=True)
        self.under_way += 1
        try:
            outcome = await asyncio.to_thread(self._write, sent)
        except StoreUnavailable as error:
            raise Refused(503, "store_unavailable", str(error), retry=True) from error
        finally:
            self.under_way -= 1
        if outcome.fault is not None:
            status, detail = _REFUSALS[outcome.fault]
            raise Refused(status, outcome.fault, detail)
        return outcome

    def _write(self, sent: EnrolRequest) -> Enrolment:
        now = self.now()
        codebook = self.registry.known.codebook
        with self.store.writing() as connection:
            outcome = enrol(connection, sent, new_secret=self.new_secret, now=now)
            if outcome.reused_at is not None:
                event = reuse_event(sent.token_id, event_id=self.new_secret(), now=now)
                sightings = [Sighting(event, now, immediate=True)]
                record(connection, outcome.reused_at, sightings, codebook=codebook, rules=self.rules)
            version = read_meta(connection, REGISTRY_VERSION)
        if outcome.added is not None:
            self.registry.add(outcome.added, version)
        else:
            self.registry.refresh()
        return outcome
