"""An agent as the collector sees it: a key, an epoch, numbered batches, signed requests."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from wire import enrolment, envelope, frame, keys, messages, signatures, waiting
from wire.enrolment import EnrolRequest, Token
from wire.keys import Ed25519PrivateKey

EPOCH = "00000000000000aa"


@dataclass(frozen=True)
class Sent:
    """A request, ready to be sent."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class SigningAgent:
    """Makes requests; `now` is its clock."""

    receipt_key_id: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    key: Ed25519PrivateKey = field(default_factory=keys.generate_key)
    id: str = ""
    epoch: str = EPOCH
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    nonces: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def key_id(self) -> str:
        return keys.key_id(keys.public_bytes(self.key))

    def enrolment(self, token: Token, **changed: Any) -> Sent:
        fields: dict[str, Any] = {
            "token_id": token.id,
            "secret": token.secret,
            "public_key": keys.public_text(self.key),
            "hostname": "clinic-1",
            "os": "Debian GNU/Linux 12",
            "agent_version": "0.1.0",
            "sent_at": self.now(),
        }
        body = enrolment.encode(EnrolRequest(**{**fields, **changed}))
        tag = enrolment.enrol_tag(self.receipt_key_id)
        return self.signed("/v1/enrol", body, enrolment.ENROL_TYPE, enrolment.ENROL_SEQUENCE, tag)

    def batch(self, *records: messages.Record, raw: Sequence[bytes] = (), **changed: Any) -> envelope.Batch:
        """The next batch; `raw` are records as bytes."""
        fields: dict[str, Any] = {
            "agent": self.id,
            "epoch": self.epoch,
            "sequence": changed.pop("sequence", None) or next(self.numbers),
            "session": 1,
            "sealed_at": self.now(),
            "records": [*envelope.raw_records(list(records)), *map(msgspec.Raw, raw)],
        }
        return envelope.Batch(**{**fields, **changed})

    def exchange(self, batch: envelope.Batch) -> Sent:
        """The batch as it is sent."""
        return self.plain(envelope.encode(batch), f"{batch.epoch}/{batch.sequence}")

    def plain(self, plain: bytes, sequence: str) -> Sent:
        """Any bytes in a frame, signed as an exchange."""
        return self.body(frame.pack(plain), sequence)

    def body(self, body: bytes, sequence: str, *, tag: str | None = None, path: str = "/v1/exchange") -> Sent:
        """Any body, signed as an exchange."""
        tag = tag or enrolment.exchange_tag(self.receipt_key_id)
        return self.signed(path, body, frame.CONTENT_TYPE, sequence, tag)

    def question(self, name: str, *, tag: str | None = None) -> Sent:
        """A question for a file of the vendor."""
        tag = tag or enrolment.vendor_tag(self.receipt_key_id)
        kind, sequence = enrolment.VENDOR_FILE_TYPE, enrolment.VENDOR_SEQUENCE
        return self.signed(f"/v1/vendor/{name}", b"", kind, sequence, tag, method="GET")

    def wait(self, for_s: float = 50.0, *, tag: str | None = None, sequence: str = "wait/nonce") -> Sent:
        """A wait for documents."""
        body = waiting.encode(waiting.WaitQuestion(for_s=for_s))
        return self.signed(
            waiting.PATH, body, waiting.WAIT_TYPE, sequence, tag or waiting.wait_tag(self.receipt_key_id)
        )

    def signed(
        self, target: str, body: bytes, content_type: str, sequence: str, tag: str, *, method: str = "POST"
    ) -> Sent:
        path, _, query = target.partition("?")
        message = signatures.Message(
            content_type=content_type, body=body, sequence=sequence, method=method, path=path, query=query
        )
        nonce = f"n{next(self.nonces):08d}"
        headers = signatures.sign(message, key=self.key, key_id=self.key_id, tag=tag, now=self.now(), nonce=nonce)
        return Sent(target, headers, body)
