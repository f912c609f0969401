"""Assertions of passkeys: what holds, each check alone, and every byte."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable

import pytest

from remediation.trust.assertion import (
    CLIENT_BYTES,
    Assertion,
    AssertionRefused,
    PasskeyApproval,
    challenge,
    decode_approval,
    encode_approval,
    read_cose_key,
    verify_assertion,
)
from tests.fakes.authenticator import BACKED_UP, EXTENSIONS, NEW_KEY, PRESENT, VERIFIED, Authenticator
from wire.documents.envelope import Envelope, add_signature, pre_authentication
from wire.errors import Malformed
from wire.keys import generate_key

ENVELOPE = Envelope("application/vnd.sitewarden.approval.v1+json", b'{"a":1}', [])
ASKED = challenge(ENVELOPE)
MAKERS: list[Callable[[], Authenticator]] = [Authenticator, Authenticator.eddsa]


def _refused(passkey: Authenticator, assertion: Assertion, why: str, asked: bytes = ASKED) -> None:
    with pytest.raises(AssertionRefused, match=why):
        verify_assertion(assertion, passkey.credential, asked)


@pytest.mark.parametrize("make", MAKERS)
def test_an_assertion_over_the_document_holds_and_gives_its_counter(make: Callable[[], Authenticator]) -> None:
    passkey = make()
    passkey.answer(ASKED)
    assert verify_assertion(passkey.answer(ASKED), passkey.credential, ASKED) == 2


def test_the_challenge_is_the_digest_of_what_a_key_file_signs() -> None:
    assert hashlib.sha256(pre_authentication(ENVELOPE.payload_type, ENVELOPE.payload)).digest() == ASKED
    assert challenge(dataclasses.replace(ENVELOPE, payload_type="other")) != ASKED


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("part", ["credential_id", "client_data", "authenticator_data", "signature"])
def test_no_byte_may_change(make: Callable[[], Authenticator], part: str) -> None:
    passkey = make()
    made = passkey.answer(ASKED)
    raw: bytes = getattr(made, part)
    for at in range(len(raw)):
        for flip in (0x01, 0x80):
            changed = raw[:at] + bytes([raw[at] ^ flip]) + raw[at + 1 :]
            with pytest.raises(AssertionRefused):
                verify_assertion(dataclasses.replace(made, **{part: changed}), passkey.credential, ASKED)
        for cut in (raw[:at], raw[:at] + raw[at + 1 :]):
            with pytest.raises(AssertionRefused):
                verify_assertion(dataclasses.replace(made, **{part: cut}), passkey.credential, ASKED)
    with pytest.raises(AssertionRefused):
        verify_assertion(dataclasses.replace(made, **{part: raw + b"\0"}), passkey.credential, ASKED)


@pytest.mark.parametrize(
    ("client", "why"),
    [
        ({"type": "webauthn.create"}, "not an assertion"),
        ({"challenge": "AAAA"}, "another document"),
        ({"origin": "https://portal.example.evil.example"}, "another origin"),
        ({"origin": "http://portal.example"}, "another origin"),
        ({"crossOrigin": True}, "frame"),
        ({"topOrigin": "https://evil.example"}, "frame"),
        ({"crossOrigin": "false"}, "cannot be read"),
        ({"origin": None}, "cannot be read"),
    ],
)
def test_client_data_signed_by_the_right_key_are_still_checked(client: dict[str, object], why: str) -> None:
    passkey = Authenticator()
    _refused(passkey, passkey.answer(ASKED, **client), why)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "cannot be read"),
        (b"[]", "cannot be read"),
        (b"\xff{}", "cannot be read"),
        (b'{"type":"webauthn.get"}', "cannot be read"),
        (b"{" * 5_000, "too long"),
        (b"[" * CLIENT_BYTES, "cannot be read"),
    ],
)
def test_client_data_of_another_shape(raw: bytes, why: str) -> None:
    passkey = Authenticator()
    _refused(passkey, passkey.sign(raw, passkey.authenticator_data()), why)


def test_a_key_that_stands_twice_in_client_data_is_refused() -> None:
    passkey = Authenticator()
    good = passkey.answer(ASKED).client_data
    twice = b'{"origin":"https://evil.example",' + good[1:]
    _refused(passkey, passkey.sign(twice, passkey.authenticator_data()), "cannot be read")


def test_members_that_a_browser_adds_mean_nothing() -> None:
    passkey = Authenticator()
    made = passkey.answer(ASKED, other_keys_can_be_added_here="x")
    assert json.loads(made.client_data)["other_keys_can_be_added_here"]
    verify_assertion(made, passkey.credential, ASKED)


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (VERIFIED, "not present"),
        (PRESENT, "not verified"),
        (PRESENT | VERIFIED | NEW_KEY, "unknown flags"),
        (PRESENT | VERIFIED | EXTENSIONS, "unknown flags"),
        (PRESENT | VERIFIED | 0x02, "unknown flags"),
        (PRESENT | VERIFIED | BACKED_UP, "without being eligible"),
    ],
)
def test_flags(flags: int, why: str) -> None:
    passkey = Authenticator(flags=flags)
    _refused(passkey, passkey.answer(ASKED), why)
    plain = Authenticator(flags=PRESENT | VERIFIED)
    verify_assertion(plain.answer(ASKED), plain.credential, ASKED)


def test_another_relying_party_credential_key_or_length() -> None:
    passkey = Authenticator()
    other = Authenticator(relying_party="evil.example", key=passkey.key)
    _refused(passkey, other.answer(ASKED), "relying party")
    _refused(passkey, Authenticator(key=passkey.key, credential_id=b"2").answer(ASKED), "another credential")
    _refused(passkey, Authenticator().answer(ASKED), "signature")
    long = passkey.authenticator_data() + b"\xa0"
    _refused(passkey, passkey.sign(passkey.answer(ASKED).client_data, long), "another length")


def test_what_was_shown_and_what_was_signed_are_one() -> None:
    """Swapped under the prompt: an assertion over other bytes is no assertion over these."""
    passkey = Authenticator()
    _refused(passkey, passkey.answer(challenge(dataclasses.replace(ENVELOPE, payload=b'{"a":2}'))), "another document")


def test_cose_keys_have_one_encoding() -> None:
    for raw in (Authenticator().cose_key, Authenticator.eddsa().cose_key):
        read_cose_key(raw)
        heads = [at for at in range(len(raw)) if at < 10 or (len(raw) == 77 and 42 <= at < 45)]
        for at in heads:
            with pytest.raises(Malformed):
                read_cose_key(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        for wrong in (b"", raw[:-1], raw + b"\0"):
            with pytest.raises(Malformed):
                read_cose_key(wrong)
    with pytest.raises(Malformed, match="P-256"):
        read_cose_key(Authenticator().cose_key[:45] + b"\1" * 32)


def test_both_sorts_travel() -> None:
    signed = add_signature(ENVELOPE, generate_key())
    by_passkey = Authenticator().approve(ENVELOPE)
    for approval in (signed, by_passkey):
        assert decode_approval(encode_approval(approval)) == approval
    assert isinstance(by_passkey, PasskeyApproval)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"\xff", b"[" * 100_000, b'{"a":1,"a":2}', b"x" * 1_000_001])
def test_other_bytes_are_no_approval(raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode_approval(raw)


def test_broken_base64_is_no_approval() -> None:
    raw = encode_approval(Authenticator().approve(Envelope("t", b"12345", [])))
    assert b'"MTIzNDU="' in raw
    for wrong in (b'"MTIzNDV="', b'"MTIzNDU"', b'"MTIz NDU="', '"é"'.encode()):
        with pytest.raises(Malformed):
            decode_approval(raw.replace(b'"MTIzNDU="', wrong))
