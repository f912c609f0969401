"""HTTP message signatures (RFC 9421) in one fixed profile.

One label (`sw`), one algorithm (ed25519), one list of components for requests and one for
responses, parameters in one order. A message that differs in any of these is refused, so the
parser is one regular expression and there is nothing to negotiate. The general library costs
three to four times as much for each request; the tests use it as the oracle.

Covered are neither host nor scheme: a reverse proxy may rewrite them. What binds a request to one
collector is the tag, `ingest-v1:<audience>`, where the audience is the id of its receipt key.

A clock that is off is told from a forgery: the signature is checked first, then the time, so that
`SignatureFault.CLOCK` is only ever said to somebody who holds the key.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from wire.errors import SignatureFault, SignatureRefused
from wire.keys import is_signed
from wire.limits import SIGNATURE_AGE_S

if TYPE_CHECKING:
    from wire.keys import Ed25519PrivateKey, Ed25519PublicKey

REQUEST_COMPONENTS = ("@method", "@path", "@query", "content-digest", "content-type", "x-agent-seq")
RESPONSE_COMPONENTS = ("@status", "content-digest", "content-type", "x-agent-seq")
_REQUEST_NAMES = " ".join(f'"{name}"' for name in REQUEST_COMPONENTS)
_RESPONSE_NAMES = " ".join(f'"{name}"' for name in RESPONSE_COMPONENTS)
SEQUENCE_HEADER = "x-agent-seq"


@dataclass(frozen=True)
class Message:
    """The parts of a request or response that a signature covers; `status` is 0 for a request."""

    content_type: str
    body: bytes
    sequence: str  # the x-agent-seq header, `<epoch>/<sequence>`, or `enrol`
    method: str = "POST"
    path: str = ""
    query: str = ""  # without the question mark
    status: int = 0


@dataclass(frozen=True)
class Claim:
    """What a Signature-Input says, before anything of it is believed."""

    key_id: str
    created: int
    expires: int
    nonce: str
    tag: str
    parameters: str
    signature: bytes


_INPUT = re.compile(
    r'sw=(?P<parameters>\((?P<components>"[a-z@-]+"(?: "[a-z@-]+")*)\)'
    r";created=(?P<created>[0-9]{1,12});expires=(?P<expires>[0-9]{1,12})"
    r';nonce="(?P<nonce>[A-Za-z0-9_-]{8,64})";alg="ed25519"'
    r';keyid="(?P<key_id>[A-Za-z0-9_-]{43})";tag="(?P<tag>[a-z-]+-v1:[A-Za-z0-9_-]{1,64})")'
)
_SIGNATURE = re.compile(r"sw=:(?P<signature>[A-Za-z0-9+/]{86}==):")


def content_digest(body: bytes) -> str:
    """The Content-Digest field (RFC 9530) of a body."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign(
    message: Message, *, key: Ed25519PrivateKey, key_id: str, tag: str, now: datetime, nonce: str
) -> dict[str, str]:
    """The header fields to add to `message`: content type and digest, sequence, signature input, signature.

    `nonce` is 8 to 64 characters of base64url, made by the caller. Source: RFC 9421, 2.5 and 3.1.
    """
    created = int(now.timestamp())
    names = _RESPONSE_NAMES if message.status else _REQUEST_NAMES
    parameters = (
        f"({names});created={created};expires={created + SIGNATURE_AGE_S}"
        f';nonce="{nonce}";alg="ed25519";keyid="{key_id}";tag="{tag}"'
    )
    digest = content_digest(message.body)
    signature = base64.b64encode(key.sign(_base(message, digest, parameters))).decode()
    return {
        "content-type": message.content_type,
        "content-digest": digest,
        SEQUENCE_HEADER: message.sequence,
        "signature-input": f"sw={parameters}",
        "signature": f"sw=:{signature}:",
    }


def read_claim(headers: Mapping[str, str], *, response: bool = False) -> Claim:
    """What the signature fields of `headers` (lower-case names) claim; `SignatureRefused` if not of this profile."""
    given, signature = headers.get("signature-input"), headers.get("signature")
    if not given or not signature:
        raise SignatureRefused(SignatureFault.ABSENT, "no signature")
    match, mark = _INPUT.fullmatch(given), _SIGNATURE.fullmatch(signature)
    if not match or not mark or match["components"] != (_RESPONSE_NAMES if response else _REQUEST_NAMES):
        raise SignatureRefused(SignatureFault.FORM, "not the signature profile of this protocol")
    return Claim(
        key_id=match["key_id"],
        created=int(match["created"]),
        expires=int(match["expires"]),
        nonce=match["nonce"],
        tag=match["tag"],
        parameters=match["parameters"],
        signature=_signature_bytes(mark["signature"]),
    )


def _signature_bytes(text: str) -> bytes:
    """The 64 bytes; base64 has 16 ways to write them, and only the regular one is taken."""
    signature = base64.b64decode(text)
    if base64.b64encode(signature).decode() != text:
        raise SignatureRefused(SignatureFault.FORM, "the signature is not written in its regular form")
    return signature


def verify(
    claim: Claim,
    message: Message,
    *,
    digest_header: str,
    key: Ed25519PublicKey,
    tag: str,
    now: datetime | None,
) -> None:
    """Raise `SignatureRefused` unless `key` signed exactly this message for this `tag` within five minutes of `now`.

    `now=None` leaves the time out: an agent whose clock is wrong must still be able to believe the
    collector's answer that tells it so; the echoed sequence ties that answer to the request.
    """
    digest = content_digest(message.body)
    if digest_header != digest:
        raise SignatureRefused(SignatureFault.DIGEST, "the body is not the one that was signed")
    if claim.tag != tag:
        raise SignatureRefused(SignatureFault.AUDIENCE, "signed for another audience")
    if not is_signed(key, claim.signature, _base(message, digest, claim.parameters)):
        raise SignatureRefused(SignatureFault.WRONG, "the signature does not fit the message")
    if now is not None:
        _check_time(claim, int(now.timestamp()))


def _check_time(claim: Claim, now: int) -> None:
    if claim.expires - claim.created > SIGNATURE_AGE_S or claim.expires < claim.created:
        raise SignatureRefused(SignatureFault.FORM, f"valid for more than {SIGNATURE_AGE_S} s")
    if abs(now - claim.created) > SIGNATURE_AGE_S or now > claim.expires:
        raise SignatureRefused(SignatureFault.CLOCK, f"signed {now - claim.created} s away from now")


def _base(message: Message, digest: str, parameters: str) -> bytes:
    """The signature base of RFC 9421, 2.5: the components of `REQUEST_COMPONENTS` or `RESPONSE_COMPONENTS`, in order.

    A value with a line end or outside ASCII could be read as another message: it is refused, as the RFC asks.
    """
    if message.status:
        head: tuple[str, ...] = (f'"@status": {message.status}',)
    else:
        head = (f'"@method": {message.method}', f'"@path": {message.path}', f'"@query": ?{message.query}')
    lines = (
        *head,
        f'"content-digest": {digest}',
        f'"content-type": {message.content_type}',
        f'"{SEQUENCE_HEADER}": {message.sequence}',
        f'"@signature-params": {parameters}',
    )
    line = "".join(lines)
    if not (line.isascii() and line.isprintable()):
        raise SignatureRefused(SignatureFault.FORM, "a signed part holds a character that a header cannot carry")
    return "\n".join(lines).encode("ascii")
