"""A customer's yes: signed by a key file, or by a passkey (a WebAuthn assertion) over the same bytes. Pure.

Theory of operation
-------------------
A passkey cannot sign a document; it signs `authenticatorData || SHA-256(clientDataJSON)`. The
document gets in by the challenge, which is the SHA-256 of what a key file would have signed (the
DSSE pre-authentication bytes, so type and payload). Checked on the host, from the policy's own
copy of the key, relying party and origin:

- `clientDataJSON`: type `webauthn.get`, that challenge, that origin, not from a foreign frame;
- `authenticatorData`: exactly 37 bytes (no extensions, no new key), the hash of that relying party,
  user present and user verified;
- the signature, ES256 or EdDSA, by the key of the credential that the assertion names.

What this cannot prove is what the person saw: the page comes from the collector. That is why the
policy lets a passkey approve less than a key file (see `policy.py`).

The signature counter is read and given back, and decides nothing: most passkeys always say 0, and
one approval is looked at many times. That an approval works a counted number of times comes from
its id and the host's ledger.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta, Struct

from wire.documents.envelope import ENVELOPE_BYTES, Envelope, decode_envelope, encode_envelope, pre_authentication
from wire.errors import Malformed
from wire.frame import check_strict
from wire.keys import load_public

PASSKEY_APPROVAL_TYPE = "application/vnd.sitewarden.passkey-approval.v1+json"
CLIENT_BYTES = 4_096  # browsers write about 150
CREDENTIAL_BYTES = 1_023  # the limit in WebAuthn
AUTHENTICATOR_BYTES = 37  # hash of the relying party, flags, counter, and nothing behind

_PRESENT, _VERIFIED, _BACKUP_ELIGIBLE, _BACKED_UP = 0x01, 0x04, 0x08, 0x10
_NEEDED = _PRESENT | _VERIFIED
_KNOWN = _NEEDED | _BACKUP_ELIGIBLE | _BACKED_UP

# COSE keys in the one encoding that WebAuthn allows (CTAP2 canonical CBOR) are these bytes around the numbers.
_ES256_HEAD, _ES256_MIDDLE = bytes.fromhex("a5010203262001215820"), bytes.fromhex("225820")
_EDDSA_HEAD = bytes.fromhex("a4010103272006215820")
_NUMBER_BYTES = 32


@dataclass(frozen=True)
class Assertion:
    """What `navigator.credentials.get` gives, as raw bytes."""

    credential_id: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes


@dataclass(frozen=True)
class PasskeyApproval:
    """An approval with an assertion in the place of signatures; any signatures of `envelope` count for nothing."""

    envelope: Envelope
    assertion: Assertion


SignedApproval = Envelope | PasskeyApproval


@dataclass(frozen=True)
class Credential:
    """A passkey as the local policy knows it."""

    credential_id: bytes
    key: PasskeyKey
    relying_party: str
    origin: str


class AssertionRefused(Exception):
    """The assertion proves nothing; the text says which check failed."""


PasskeyKey = ec.EllipticCurvePublicKey | Ed25519PublicKey


def read_cose_key(raw: bytes) -> PasskeyKey:
    """The public key in a COSE key, ES256 or EdDSA, in its one canonical encoding; `Malformed` otherwise."""
    if len(raw) == len(_EDDSA_HEAD) + _NUMBER_BYTES and raw.startswith(_EDDSA_HEAD):
        return load_public(raw[len(_EDDSA_HEAD) :])
    x_end = len(_ES256_HEAD) + _NUMBER_BYTES
    y_start = x_end + len(_ES256_MIDDLE)
    is_es256 = raw.startswith(_ES256_HEAD) and raw[x_end:y_start] == _ES256_MIDDLE
    if not is_es256 or len(raw) != y_start + _NUMBER_BYTES:
        raise Malformed("not a COSE key for ES256 or EdDSA in canonical form")
    point = b"\x04" + raw[len(_ES256_HEAD) : x_end] + raw[y_start:]
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise Malformed("not a point of the curve P-256") from error


def challenge(envelope: Envelope) -> bytes:
    """The 32 bytes that a passkey is asked to sign for this document."""
    return hashlib.sha256(pre_authentication(envelope.payload_type, envelope.payload)).digest()


def verify_assertion(assertion: Assertion, credential: Credential, expected: bytes) -> int:
    """The counter of an assertion by `credential` over the challenge `expected`; `AssertionRefused` otherwise."""
    if not hmac.compare_digest(assertion.credential_id, credential.credential_id):
        raise AssertionRefused("another credential")
    _check_client(assertion.client_data, credential, expected)
    counter = _check_authenticator(assertion.authenticator_data, credential)
    covered = assertion.authenticator_data + hashlib.sha256(assertion.client_data).digest()
    try:
        if isinstance(credential.key, Ed25519PublicKey):
            credential.key.verify(assertion.signature, covered)
        else:
            credential.key.verify(assertion.signature, covered, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise AssertionRefused("the signature does not hold") from error
    return counter


class _Client(Struct):
    """`clientDataJSON`; browsers may add members, which mean nothing here."""

    type: str
    challenge: str
    origin: str
    crossOrigin: bool = False  # noqa: N815  # the name in WebAuthn
    topOrigin: str | None = None  # noqa: N815  # the same; only there in a foreign frame


def _check_client(raw: bytes, credential: Credential, expected: bytes) -> None:
    if len(raw) > CLIENT_BYTES:
        raise AssertionRefused("the client data are too long")
    try:
        check_strict(raw)
        client = msgspec.json.decode(raw, type=_Client)
    except (Malformed, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AssertionRefused(f"the client data cannot be read: {error}") from error
    wanted = base64.urlsafe_b64encode(expected).rstrip(b"=").decode()
    checks = {
        "not an assertion": client.type == "webauthn.get",
        "the challenge is of another document": client.challenge == wanted,
        "another origin": client.origin == credential.origin,
        "made in a frame of another origin": not client.crossOrigin and client.topOrigin is None,
    }
    _demand(checks)


def _check_authenticator(raw: bytes, credential: Credential) -> int:
    if len(raw) != AUTHENTICATOR_BYTES:
        raise AssertionRefused("the authenticator data have another length")
    flags = raw[32]
    checks = {
        "another relying party": raw[:32] == hashlib.sha256(credential.relying_party.encode()).digest(),
        "the user was not present": bool(flags & _PRESENT),
        "the user was not verified": bool(flags & _VERIFIED),
        "unknown flags": not flags & ~_KNOWN,
        "backed up without being eligible": bool(flags & _BACKUP_ELIGIBLE) or not flags & _BACKED_UP,
    }
    _demand(checks)
    return int.from_bytes(raw[33:], "big")


def _demand(checks: dict[str, bool]) -> None:
    for problem, holds in checks.items():
        if not holds:
            raise AssertionRefused(problem)


Base64 = Annotated[str, Meta(max_length=ENVELOPE_BYTES)]


class _Assertion(Struct, forbid_unknown_fields=True):
    credential_id: Base64
    client_data: Base64
    authenticator_data: Base64
    signature: Base64


class _PasskeyApproval(Struct, forbid_unknown_fields=True):
    payloadType: Annotated[str, Meta(min_length=1, max_length=128)]  # noqa: N815  # as in an envelope
    payload: Base64
    assertion: _Assertion


def encode_approval(approval: SignedApproval) -> bytes:
    """The approval as JSON, as it travels and is stored."""
    if isinstance(approval, Envelope):
        return encode_envelope(approval)
    made, envelope = approval.assertion, approval.envelope
    return msgspec.json.encode(
        _PasskeyApproval(
            payloadType=envelope.payload_type,
            payload=_text(envelope.payload),
            assertion=_Assertion(
                credential_id=_text(made.credential_id),
                client_data=_text(made.client_data),
                authenticator_data=_text(made.authenticator_data),
                signature=_text(made.signature),
            ),
        )
    )


def decode_approval(raw: bytes) -> SignedApproval:
    """The approval in `raw`, of either sort; `Malformed` otherwise. Says nothing about whether it holds."""
    if len(raw) > ENVELOPE_BYTES:
        raise Malformed(f"a document has at most {ENVELOPE_BYTES} bytes")
    check_strict(raw)
    try:
        found = msgspec.json.decode(raw, type=_PasskeyApproval)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return decode_envelope(raw)
    made = found.assertion
    parts = (made.credential_id, made.client_data, made.authenticator_data, made.signature)
    return PasskeyApproval(
        Envelope(found.payloadType, decode_base64(found.payload), []),
        Assertion(*[decode_base64(part) for part in parts]),
    )


def decode_base64(text: str) -> bytes:
    """Strict base64, one spelling for each value; `Malformed` otherwise."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("broken base64") from error
    if _text(raw) != text:
        raise Malformed("broken base64")
    return raw


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
