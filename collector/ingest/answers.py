"""What the exchange listener says: plain answers, refusals, and their signatures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

from wire import envelope
from wire.documents.envelope import ENVELOPE_TYPE, Envelope, add_signature, encode_envelope
from wire.documents.heads import HEAD_KIND
from wire.envelope import Document
from wire.frame import REFUSAL_TYPE
from wire.keys import Ed25519PrivateKey, key_id, public_bytes
from wire.signatures import Message, sign

RETRY_AFTER_S = 30  # the least wait that is told to whoever is turned away ...
RETRY_SPREAD_S = 60  # ... plus a random part, so that they do not come back together


@dataclass(frozen=True)
class Answer:
    """Status, fields and body of a response; `last` closes the connection after it."""

    status: int
    content_type: str
    body: bytes
    fields: dict[str, str] = field(default_factory=dict)
    last: bool = False


@dataclass(frozen=True)
class Addressee:
    """For whom an answer is signed: its tag, and the request's sequence that it echoes."""

    tag: str
    sequence: str


class Refused(Exception):
    """A request is not taken. `error` is for machines, the message for people; both cross the wire."""

    def __init__(
        self,
        status: int,
        error: str,
        detail: str,
        *,
        retry: bool = False,
        retry_s: float = 0.0,
        last: bool = False,
        to: Addressee | None = None,
    ) -> None:
        super().__init__(f"{status} {error}: {detail}")
        self.status = status
        self.error = error
        self.detail = detail
        self.retry = retry  # with a Retry-After ...
        self.retry_s = retry_s  # ... of at least so long
        self.last = last  # the connection is closed after it
        self.to = to  # whose signature has held, if anybody's


class Signer:
    """The receipt key at work. A receipt says "stored", and nothing that could make a host act."""

    def __init__(self, key: Ed25519PrivateKey, now: Callable[[], datetime], new_secret: Callable[[], str]) -> None:
        self._key = key
        self.key_id = key_id(public_bytes(key))
        self._now = now
        self._new_secret = new_secret

    def signed(self, answer: Answer, to: Addressee) -> Answer:
        """The answer with signature fields."""
        message = Message(
            content_type=answer.content_type, body=answer.body, sequence=to.sequence, status=answer.status
        )
        fields = sign(message, key=self._key, key_id=self.key_id, tag=to.tag, now=self._now(), nonce=self._new_secret())
        return Answer(answer.status, answer.content_type, answer.body, {**answer.fields, **fields}, answer.last)

    def countersign(self, head: Envelope) -> Document:
        """A head of a host's audit chain with our signature beside the host's."""
        content = encode_envelope(add_signature(head, self._key))
        return Document(kind=HEAD_KIND, media_type=ENVELOPE_TYPE, content=content)

    def refusal(self, refused: Refused) -> Answer:
        """The refusal as an answer, signed if its reader is known. It always carries our time."""
        body = envelope.encode(envelope.Refusal(error=refused.error, detail=refused.detail[:2_000], time=self._now()))
        fields = {"retry-after": str(self._retry_after_s(refused.retry_s))} if refused.retry else {}
        answer = Answer(refused.status, REFUSAL_TYPE, body, fields, refused.last)
        return self.signed(answer, refused.to) if refused.to else answer

    def _retry_after_s(self, least_s: float) -> int:
        return max(RETRY_AFTER_S, ceil(least_s)) + int(self._new_secret()[:8], 16) % (RETRY_SPREAD_S + 1)
