"""A released bundle to the collector, one signed piece a turn; it goes on where the collector stopped.

Only an answer that the pinned receipt key has signed moves the position or ends the sending. What is sent is
the one file that the record names by its SHA-256, checked before the first piece: a collector can name no
file, no bundle and no part of one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.bundles.packing import file_digest
from agent.bundles.state import IllegalStep, Step
from agent.bundles.store import BundleStore, Record
from agent.uplink.answers import signature_problem
from agent.uplink.identity import Identity
from agent.uplink.port import Answer, Transport, Unreachable
from wire.bundle import BUNDLE_TYPE, PATH, PIECE_BYTES, PiecePlace, bundle_tag, decode_reply
from wire.enrolment import ack_tag
from wire.envelope import decode_refusal
from wire.errors import Malformed, SignatureFault
from wire.signatures import Message, sign

RETRY_S: Final = 30.0
NOT_ENROLLED_S: Final = 5.0
_OK: Final = 200
_UNPROVEN: Final = 401
_FINAL: Final = frozenset({400, 404, 409, 410, 413, 422})  # signed: time does not cure these


@dataclass(frozen=True)
class BundleSender:
    """One collector, in the name of this host."""

    connect: Callable[[], Transport]
    identity: Callable[[], Identity | None]
    now: Callable[[], datetime]
    nonce: Callable[[], str]

    def send(self, store: BundleStore, record: Record) -> float:
        """Send one piece; seconds until the next."""
        identity = self.identity()
        if identity is None:
            return NOT_ENROLLED_S
        path = store.content(record.digest)
        try:
            if record.position == 0 and file_digest(path) != record.sha256:
                store.step(record.digest, Step.FAIL, problem="the file is not the one that was released")
                return 0.0
            record = store.step(record.digest, Step.SEND)
            return self._send(store, record, path, identity)
        except IllegalStep:  # it was dropped meanwhile
            return 0.0

    def _send(self, store: BundleStore, record: Record, path: Path, own: Identity) -> float:
        offset = min(record.position, max(record.size - 1, 0))
        with path.open("rb") as source:
            source.seek(offset)
            piece = source.read(PIECE_BYTES)
        place = str(PiecePlace(record.digest, record.sha256, record.size, offset))
        transport = self.connect()
        try:
            answer = self._post(transport, place, piece, own, self.now())
            other_time = _clock_in(answer, place, own)
            if other_time is not None:
                answer = self._post(transport, place, piece, own, other_time)
        except Unreachable as failure:
            store.step(record.digest, Step.SEND, problem=str(failure.why)[:200])
            return RETRY_S
        finally:
            transport.close()
        return self._judge(store, record, answer, place, own)

    def _post(self, transport: Transport, place: str, piece: bytes, own: Identity, at: datetime) -> Answer:
        message = Message(BUNDLE_TYPE, piece, place, path=PATH)
        tag = bundle_tag(own.receipt_key_id)
        return transport.post(
            PATH, sign(message, key=own.key, key_id=own.key_id, tag=tag, now=at, nonce=self.nonce()), piece
        )

    def _judge(self, store: BundleStore, record: Record, answer: Answer, place: str, own: Identity) -> float:
        if not _is_signed(answer, place, own):
            store.step(record.digest, Step.SEND, problem=f"something else than the collector answered {answer.status}")
            return RETRY_S
        try:
            if answer.status != _OK:
                refusal = decode_refusal(answer.body)
                step = Step.FAIL if answer.status in _FINAL else Step.SEND
                store.step(record.digest, step, problem=f"{refusal.error}: {refusal.detail}"[:200])
                return RETRY_S
            reply = decode_reply(answer.body)
        except Malformed as error:
            store.step(record.digest, Step.SEND, problem=str(error)[:200])
            return RETRY_S
        step = Step.CONFIRM if reply.is_stored else Step.SEND
        store.step(record.digest, step, position=min(reply.position, record.size), problem="")
        return 0.0


def _is_signed(answer: Answer, place: str, own: Identity) -> bool:
    return signature_problem(answer, place, tag=ack_tag(own.agent), key=own.receipt_key) is None


def _clock_in(answer: Answer, place: str, own: Identity) -> datetime | None:
    """The collector's time, where it has signed that ours is off."""
    if answer.status != _UNPROVEN or not _is_signed(answer, place, own):
        return None
    try:
        refusal = decode_refusal(answer.body)
    except Malformed:
        return None
    return refusal.time if refusal.error == SignatureFault.CLOCK.value else None
