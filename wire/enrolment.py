"""First trust between a host and its collector.

A token is `sw1.<id>.<secret>.<digest>`: the collector's name for it, 128 bits that are used once,
and the SHA-256 of the collector's receipt key, so that already the first answer is checked against
something that came by hand. The request is signed with the new host key (proof of possession);
the private key never leaves the host.

>>> token = parse_token("sw1." + "a" * 16 + "." + "b" * 32 + "." + "c" * 64)
>>> token.id
'aaaaaaaaaaaaaaaa'
>>> parse_token(str(token)) == token
True
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from wire.envelope import AgentId
from wire.errors import Malformed
from wire.fields import Name, Time
from wire.keys import key_id_of_digest
from wire.limits import LINE_CHARS, NAME_CHARS

ENROL_TYPE = "application/vnd.sitewarden.enrol+json"
ENROL_SEQUENCE = "enrol"
VENDOR_SEQUENCE = "vendor"  # the x-agent-seq of a question for a file of the vendor: such a question counts nothing
VENDOR_FILE_TYPE = "application/octet-stream"

_TOKEN = re.compile(r"sw1\.(?P<id>[0-9a-f]{16})\.(?P<secret>[0-9a-f]{32})\.(?P<digest>[0-9a-f]{64})")


@dataclass(frozen=True)
class Token:
    """An enrolment token: `id` (16 hex digits), `secret` (32), `receipt_digest` (64)."""

    id: str
    secret: str = field(repr=False)  # a token in a log or a traceback must not open anything
    receipt_digest: str

    @property
    def receipt_key_id(self) -> str:
        """The id of the pinned receipt key, as signatures name it."""
        return key_id_of_digest(bytes.fromhex(self.receipt_digest))

    def __str__(self) -> str:
        return f"sw1.{self.id}.{self.secret}.{self.receipt_digest}"


def parse_token(text: str) -> Token:
    """The token in `text`; `Malformed` otherwise. White space around it is a copying accident and ignored."""
    match = _TOKEN.fullmatch(text.strip())
    if not match:
        raise Malformed("not an enrolment token")
    return Token(match["id"], match["secret"], match["digest"])


def secret_hash(secret: str) -> str:
    """What the collector stores of a secret. 128 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


class EnrolRequest(Struct, kw_only=True, frozen=True):
    """The body of POST /v1/enrol, signed with the key that it brings."""

    token_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
    secret: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
    public_key: Annotated[str, Meta(min_length=44, max_length=44)]
    hostname: Name
    os: Annotated[str, Meta(max_length=LINE_CHARS)]
    agent_version: Name
    sent_at: Time


class EnrolReply(Struct, kw_only=True, frozen=True):
    """The answer, signed by the receipt key that the token pinned."""

    agent: AgentId
    site: Name
    receipt_key: Annotated[str, Meta(min_length=44, max_length=44)]
    generation: Annotated[str, Meta(min_length=1, max_length=NAME_CHARS)]
    interval_s: Annotated[float, Meta(ge=0.1, le=86_400)]
    time: Time


_encoder = msgspec.json.Encoder()
_requests: msgspec.json.Decoder[EnrolRequest] = msgspec.json.Decoder(EnrolRequest)
_replies: msgspec.json.Decoder[EnrolReply] = msgspec.json.Decoder(EnrolReply)


def encode(message: EnrolRequest | EnrolReply) -> bytes:
    """Compact JSON."""
    return _encoder.encode(message)


def decode_enrol_request(raw: bytes) -> EnrolRequest:
    """The request in `raw`; `Malformed` otherwise."""
    try:
        return _requests.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error


def decode_enrol_reply(raw: bytes) -> EnrolReply:
    """The reply in `raw`; `Malformed` otherwise."""
    try:
        return _replies.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error


def exchange_tag(receipt_key_id: str) -> str:
    """The tag of a batch for the collector with this receipt key."""
    return f"ingest-v1:{receipt_key_id}"


def vendor_tag(receipt_key_id: str) -> str:
    """The tag of a question for a file of the vendor, to the collector with this receipt key."""
    return f"vendor-v1:{receipt_key_id}"


def ack_tag(agent: str) -> str:
    """The tag of every signed answer to this agent."""
    return f"ack-v1:{agent}"


def enrol_tag(receipt_key_id: str) -> str:
    """The tag of an enrolment request; the id is the base64url form of the token's digest."""
    return f"enrol-v1:{receipt_key_id}"


def enrol_ack_tag(host_key_id: str) -> str:
    """The tag of the answer to an enrolment: the host has no other name yet."""
    return f"enrol-ack-v1:{host_key_id}"
