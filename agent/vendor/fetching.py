"""The collector as a source of the vendor's published files; nothing that it says is believed here.

Each question is signed with the host key, as a batch is: who is not enrolled, or was revoked, learns
nothing of the vendor. A collector that finds our clock off says its own time, signed; then the
question is asked once more with that time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.uplink.answers import signature_problem
from agent.uplink.identity import Identity
from agent.uplink.port import Answer, Transport, Unreachable
from remediation.patch.pieces import Piece
from remediation.trust.published import NotThere, Unfetched, is_published_name
from wire.enrolment import VENDOR_FILE_TYPE, VENDOR_SEQUENCE, ack_tag, vendor_tag
from wire.envelope import decode_refusal
from wire.errors import Malformed, SignatureFault
from wire.limits import BODY_BYTES
from wire.signatures import Message, sign

PREFIX: Final = "/v1/vendor/"
_OK: Final = 200
_UNPROVEN: Final = 401
_ABSENT: Final = 404


@dataclass(frozen=True)
class CollectorSource:
    """One collector, asked in the name of this host."""

    transport: Transport
    identity: Identity
    now: Callable[[], datetime]
    nonce: Callable[[], str]

    def fetch(self, name: str, most: int) -> bytes:
        """Fetch over the agent's own client, which ends every call and bounds every answer."""
        if not is_published_name(name):
            raise NotThere(name)
        return self._fetched(name, "", most)

    def fetch_piece(self, piece: Piece) -> bytes:
        """A piece of the new files of a patch, of any length that an answer can have; `NotThere`, `Unfetched`."""
        return self._fetched(piece.name, piece.query, BODY_BYTES)

    def _fetched(self, name: str, query: str, most: int) -> bytes:
        try:
            answer = self._ask(name, query, self.now())
            other_time = self._clock_in(answer)
            answer = answer if other_time is None else self._ask(name, query, other_time)
        except Unreachable as failure:
            raise Unfetched(str(failure.why)) from failure
        if answer.status == _ABSENT:
            raise NotThere(name)
        if answer.status != _OK:
            raise Unfetched(f"{name}: the collector answered {answer.status}")
        if len(answer.body) > most:
            raise Unfetched(f"{name} has more than {most} bytes")
        return answer.body

    def _ask(self, name: str, query: str, at: datetime) -> Answer:
        path, own = PREFIX + name, self.identity
        question = Message(VENDOR_FILE_TYPE, b"", VENDOR_SEQUENCE, method="GET", path=path, query=query)
        tag = vendor_tag(own.receipt_key_id)
        signed = sign(question, key=own.key, key_id=own.key_id, tag=tag, now=at, nonce=self.nonce())
        return self.transport.get(f"{path}?{query}" if query else path, signed)

    def _clock_in(self, answer: Answer) -> datetime | None:
        """The collector's time, where it has signed that ours is off."""
        if answer.status != _UNPROVEN:
            return None
        tag = ack_tag(self.identity.agent)
        if signature_problem(answer, VENDOR_SEQUENCE, tag=tag, key=self.identity.receipt_key) is not None:
            return None
        try:
            refusal = decode_refusal(answer.body)
        except Malformed:
            return None
        return refusal.time if refusal.error == SignatureFault.CLOCK.value else None
