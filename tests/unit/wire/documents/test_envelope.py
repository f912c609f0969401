"""An envelope holds for exactly its bytes and its type, and for each key once."""

from __future__ import annotations

import json

import pytest

from wire.documents.envelope import (
    ENVELOPE_BYTES,
    SIGNATURES,
    Envelope,
    Signature,
    add_signature,
    decode_envelope,
    encode_envelope,
    pre_authentication,
    signers,
)
from wire.errors import Malformed
from wire.keys import Ed25519PrivateKey, Ed25519PublicKey, key_id, public_bytes

KIM = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LEE = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
TYPE = "application/vnd.sitewarden.request.v1+json"
PLAIN = Envelope(TYPE, b'{"action":"restart"}', [])


def _name(key: Ed25519PrivateKey) -> str:
    return key_id(public_bytes(key))


def _known(*keys: Ed25519PrivateKey) -> dict[str, Ed25519PublicKey]:
    return {_name(key): key.public_key() for key in keys}


BOTH = _known(KIM, LEE)


def test_there_and_back() -> None:
    signed = add_signature(add_signature(PLAIN, KIM), LEE)
    assert decode_envelope(encode_envelope(signed)) == signed
    assert signers(signed, BOTH) == set(BOTH)


def test_the_signed_bytes_are_those_of_the_protocol() -> None:
    """The example of the DSSE protocol."""
    covered = pre_authentication("http://example.com/HelloWorld", b"hello world")
    assert covered == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_one_key_counts_once() -> None:
    once = add_signature(PLAIN, KIM)
    twice = Envelope(TYPE, PLAIN.payload, once.signatures * 2)
    assert signers(twice, BOTH) == {_name(KIM)}
    assert len(add_signature(once, KIM).signatures) == 1


def test_a_key_under_another_keys_name_does_not_count() -> None:
    (made,) = add_signature(PLAIN, KIM).signatures
    renamed = Envelope(TYPE, PLAIN.payload, [Signature(_name(LEE), made.value)])
    assert signers(renamed, BOTH) == set()
    assert signers(renamed, {_name(LEE): KIM.public_key()}) == set(), "a table that lies about a key's id"


def test_another_type_is_another_document() -> None:
    signed = add_signature(PLAIN, KIM)
    retyped = Envelope("application/vnd.sitewarden.approval.v1+json", signed.payload, signed.signatures)
    assert signers(retyped, BOTH) == set()


def test_a_signature_of_an_unknown_key_is_no_signature() -> None:
    assert signers(add_signature(PLAIN, KIM), _known(LEE)) == set()


def _altered(**fields: object) -> bytes:
    return json.dumps({**json.loads(encode_envelope(add_signature(PLAIN, KIM))), **fields}).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"payloadType":"a","payload":""}',
        _altered(extra=1),
        _altered(payload="e30"),
        _altered(payload="e3=="),
        _altered(payload="e31="),
        _altered(payload="e30=\n"),
        _altered(payload=" e30="),
        _altered(payload="_-8="),
        _altered(payloadType=""),
        _altered(payloadType="a" * 129),
        _altered(signatures=[{"keyid": "a" * 42, "sig": "A" * 88}]),
        _altered(signatures=[{"keyid": "a" * 43, "sig": "A" * 84}]),
        _altered(signatures=[{"keyid": "a" * 43, "sig": "A" * 86 + "==", "x": 1}]),
        _altered(signatures=[{"keyid": "a" * 43, "sig": "A" * 86 + "=="}] * (SIGNATURES + 1)),
        b" " * (ENVELOPE_BYTES + 1),
    ],
)
def test_other_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode_envelope(raw)


def test_the_limits_are_where_they_are_said() -> None:
    assert decode_envelope(_altered(payloadType="a" * 128)).payload_type == "a" * 128
    many = decode_envelope(_altered(signatures=[{"keyid": "a" * 43, "sig": "A" * 86 + "=="}] * SIGNATURES))
    assert signers(many, BOTH) == set()
