"""One simulated agent: a key, an epoch, sealed batches, signed requests, receipts that are checked.

It does for each batch what a real one does: seals it once, signs each try anew, believes no receipt
whose signature does not hold, and sends the same bytes again until it has one.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from msgspec import Struct

from benchmarks.agents.connection import Connection, Response
from benchmarks.agents.material import Host
from wire import enrolment, envelope, frame, keys
from wire.keys import Ed25519PrivateKey, Ed25519PublicKey
from wire.messages import Event, Record
from wire.signatures import SEQUENCE_HEADER, Message, read_claim, sign, verify

PATH = "/v1/exchange"


class Member(Struct, frozen=True):
    """One line of the roster: who the agent is, and its private key (32 bytes in base64)."""

    id: str
    site: str
    secret: bytes


@dataclass(frozen=True)
class Sealed:
    """A batch whose bytes no longer change; `lines` are its events as the ledger writes them."""

    body: bytes
    epoch: str
    sequence: int
    events: tuple[Event, ...]
    lines: tuple[bytes, ...]


@dataclass
class SimulatedAgent:
    """What the agent knows; `connection` comes and goes."""

    member: Member
    host: Host
    receipt_key: Ed25519PublicKey
    session: int = 1
    lives: int = 0  # epochs before this one
    sequence: int = 0
    events: int = 0
    nonces: int = 0
    interval_s: float = 60.0  # as the collector last asked
    connection: Connection | None = None
    waiting: Sealed | None = None  # sealed and not yet acknowledged
    key: Ed25519PrivateKey = field(init=False)
    key_id: str = field(init=False)
    tag: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(self.member.secret)
        self.key_id = keys.key_id(keys.public_bytes(self.key))
        self.tag = enrolment.exchange_tag(keys.key_id(keys.public_bytes(self.receipt_key)))

    @property
    def epoch(self) -> str:
        """Sixteen hexadecimal digits, another for each life of the spool."""
        return hashlib.sha256(f"{self.member.id}/{self.lives}".encode()).hexdigest()[:16]

    def check_in(self, passed_s: float, faults: int, codes: int) -> Sealed:
        """Seal the next batch: one look at the host, and so many faults."""
        events = tuple(self.fault(codes) for _ in range(faults))
        return self.seal([self.host.health(passed_s), *events], events)

    def fault(self, codes: int) -> Event:
        """The next fault of this host."""
        self.events += 1
        return self.host.fault(self.events, codes)

    def seal(self, records: list[Record], events: tuple[Event, ...]) -> Sealed:
        """A batch of these records."""
        self.sequence += 1
        batch = envelope.Batch(
            agent=self.member.id,
            epoch=self.epoch,
            sequence=self.sequence,
            session=self.session,
            sealed_at=datetime.now(UTC),
            spool=envelope.Spool(bytes=4_096, waiting=len(records)),
            records=envelope.raw_records(records),
        )
        lines = tuple(f"{event.event_id} {self.member.site} {event.code} {event.count}\n".encode() for event in events)
        self.waiting = Sealed(frame.pack(envelope.encode(batch)), batch.epoch, batch.sequence, events, lines)
        return self.waiting

    def new_life(self) -> None:
        """The spool was made anew: another epoch, and what was not acknowledged is numbered again."""
        self.lives, self.sequence, self.session = self.lives + 1, 0, self.session + 1
        if self.waiting is not None:
            self.seal([*self.waiting.events], self.waiting.events)

    def request(self, sealed: Sealed) -> bytes:
        """The whole request as it goes over the wire, signed now."""
        self.nonces += 1
        message = Message(frame.CONTENT_TYPE, sealed.body, f"{sealed.epoch}/{sealed.sequence}", path=PATH)
        nonce = f"n{self.session:04d}-{self.nonces:09d}"
        fields = sign(message, key=self.key, key_id=self.key_id, tag=self.tag, now=datetime.now(UTC), nonce=nonce)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        head = f"POST {PATH} HTTP/1.1\r\nhost: localhost\r\n{lines}content-length: {len(sealed.body)}\r\n\r\n"
        return head.encode() + sealed.body

    def receipt(self, response: Response, sealed: Sealed) -> envelope.Reply:
        """The reply in a 200; raises `WireError` when its signature does not hold or it is not ours."""
        fields = response.fields
        claim = read_claim(fields, response=True)
        echoed = fields.get(SEQUENCE_HEADER, "")
        message = Message(fields.get("content-type", ""), response.body, echoed, status=response.status)
        tag = enrolment.ack_tag(self.member.id)
        digest = fields.get("content-digest", "")
        verify(claim, message, digest_header=digest, key=self.receipt_key, tag=tag, now=datetime.now(UTC))
        assert echoed == f"{sealed.epoch}/{sealed.sequence}", echoed
        return envelope.decode_reply(frame.unpack(response.body))


def public_key_of(text: str) -> Ed25519PublicKey:
    """The receipt key as the plan carries it."""
    return keys.load_public(base64.b64decode(text))
