"""Whatever happens to the bytes of a signed document: it is refused, or has no valid signer, or says the same."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from tests.documents import BOTH, KIM, LEE, a_request
from wire.documents.envelope import add_signature, decode_envelope, encode_envelope, signers
from wire.documents.model import read_document, write_document
from wire.errors import Malformed

SIGNED = add_signature(add_signature(write_document(a_request()), KIM), LEE)
RAW = encode_envelope(SIGNED)


def _holds(raw: bytes) -> bool:
    """Whether `raw` is taken for a document that both have signed."""
    try:
        envelope = decode_envelope(raw)
    except Malformed:
        return False
    return signers(envelope, BOTH) == set(BOTH)


def test_the_document_itself_holds() -> None:
    assert _holds(RAW)


def test_no_single_byte_can_be_changed() -> None:
    for at in range(len(RAW)):
        for bit in (1, 2, 16, 128):
            mutated = RAW[:at] + bytes([RAW[at] ^ bit]) + RAW[at + 1 :]
            assert not _holds(mutated), at


def test_no_byte_can_be_left_out_and_nothing_cut_off() -> None:
    for at in range(len(RAW)):
        assert not _holds(RAW[:at] + RAW[at + 1 :]), at
        assert not _holds(RAW[:at]), at


@given(st.integers(0, len(RAW)), st.binary(min_size=1, max_size=20))
def test_what_is_put_in_changes_nothing(at: int, more: bytes) -> None:
    """White space between the parts is the envelope's; the signed bytes stay the same."""
    with contextlib.suppress(Malformed):
        envelope = decode_envelope(RAW[:at] + more + RAW[at:])
        if signers(envelope, BOTH):
            assert envelope.payload == SIGNED.payload
            assert envelope.payload_type == SIGNED.payload_type


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_one_way(raw: bytes) -> None:
    with contextlib.suppress(Malformed):
        decode_envelope(raw)


@given(st.binary(max_size=300))
def test_any_body_is_refused_in_one_way(raw: bytes) -> None:
    with contextlib.suppress(Malformed):
        read_document(type(SIGNED)(SIGNED.payload_type, raw, []))
