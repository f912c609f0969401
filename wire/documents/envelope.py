"""DSSE: signatures over the exact bytes of a document, with its type.

Source: the DSSE protocol of the secure systems lab (version 1). What is signed is
`DSSEv1 <len(type)> <type> <len(payload)> <payload>`, so that neither type nor payload can be read
as the other, and nothing has to be canonical: the bytes that were signed are the bytes that are
stored, hashed and read. Nothing of a payload is parsed before a signature over it holds.

>>> envelope = Envelope(payload_type="text/plain", payload=b"hello", signatures=[])
>>> pre_authentication(envelope.payload_type, envelope.payload)
b'DSSEv1 10 text/plain 5 hello'
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from wire.errors import Malformed
from wire.keys import is_signed, key_id, public_bytes

if TYPE_CHECKING:
    from wire.keys import Ed25519PrivateKey, Ed25519PublicKey

ENVELOPE_BYTES = 1_000_000  # an approval is 1 KB, a runbook at most some hundred
SIGNATURES = 16
ENVELOPE_TYPE = "application/vnd.dsse.envelope.v1+json"

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


@dataclass(frozen=True)
class Signature:
    """`key` is the id of the public key that made it (wire.keys.key_id)."""

    key: str
    value: bytes


@dataclass(frozen=True)
class Envelope:
    """A document as it travels."""

    payload_type: str
    payload: bytes
    signatures: list[Signature]

    @property
    def digest(self) -> str:
        """SHA-256 of the payload, hexadecimal: what an approval names."""
        return hashlib.sha256(self.payload).hexdigest()


class _Signature(Struct, forbid_unknown_fields=True):
    keyid: Annotated[str, Meta(min_length=43, max_length=43)]
    sig: Annotated[str, Meta(min_length=88, max_length=88)]


class _Envelope(Struct, forbid_unknown_fields=True):
    payloadType: Annotated[str, Meta(min_length=1, max_length=128)]  # noqa: N815  # the name in the DSSE protocol
    payload: Annotated[str, Meta(max_length=ENVELOPE_BYTES)]
    signatures: Annotated[list[_Signature], Meta(max_length=SIGNATURES)]


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """The bytes that a signature covers."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def add_signature(envelope: Envelope, key: Ed25519PrivateKey) -> Envelope:
    """The envelope with this key's signature; a second one of the same key replaces the first."""
    name = key_id(public_bytes(key))
    made = Signature(name, key.sign(pre_authentication(envelope.payload_type, envelope.payload)))
    others = [signature for signature in envelope.signatures if signature.key != name]
    return Envelope(envelope.payload_type, envelope.payload, [*others, made])


def signers(envelope: Envelope, keys: Mapping[str, Ed25519PublicKey]) -> set[str]:
    """Ids of those of `keys` whose signature over this envelope holds; each key counts once."""
    covered = pre_authentication(envelope.payload_type, envelope.payload)
    found = set()
    for signature in envelope.signatures:
        key = keys.get(signature.key)
        if key is None or key_id(public_bytes(key)) != signature.key:
            continue
        if is_signed(key, signature.value, covered):
            found.add(signature.key)
    return found


def encode_envelope(envelope: Envelope) -> bytes:
    """The envelope as JSON."""
    return msgspec.json.encode(
        _Envelope(
            payloadType=envelope.payload_type,
            payload=base64.b64encode(envelope.payload).decode(),
            signatures=[
                _Signature(keyid=signature.key, sig=base64.b64encode(signature.value).decode())
                for signature in envelope.signatures
            ],
        )
    )


def decode_envelope(raw: bytes) -> Envelope:
    """The envelope in `raw`; `Malformed` for anything else. Says nothing about whether a signature holds."""
    if len(raw) > ENVELOPE_BYTES:
        raise Malformed(f"a document has at most {ENVELOPE_BYTES} bytes")
    try:
        found = msgspec.json.decode(raw, type=_Envelope)
        payload = _decode_base64(found.payload)
        signatures = [Signature(each.keyid, _decode_base64(each.sig)) for each in found.signatures]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
    return Envelope(found.payloadType, payload, signatures)


def _decode_base64(text: str) -> bytes:
    """Strict base64: one spelling for each value."""
    try:
        raw = base64.b64decode(text, validate=True) if _BASE64.fullmatch(text) else b""
    except binascii.Error as error:
        raise Malformed("broken base64") from error
    if base64.b64encode(raw).decode() != text:
        raise Malformed("broken base64")
    return raw
