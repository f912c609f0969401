"""Signed documents as they are signed by version 1. Old ones still read, and their signatures hold, for ever.

A file in golden/ is never edited: its bytes are signed.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.documents import BOTH, KIM, LEE, a_decline, a_request, a_revocation, an_approval
from wire.documents.envelope import Envelope, add_signature, decode_envelope, encode_envelope, signers
from wire.documents.model import Document, Kind, holds_at, is_for, kind_of, payload_type, read_document, write_document
from wire.errors import Malformed

GOLDEN = Path(__file__).with_name("golden") / "v1" / "documents"
DOCUMENTS: dict[str, Document] = {
    "request": a_request(),
    "request-smallest": a_request(parameters={}, ticket=""),
    "approval": an_approval(),
    "approval-smallest": an_approval(uses=1),
    "decline": a_decline(),
    "decline-smallest": a_decline(reason=""),
    "revocation": a_revocation(),
    "revocation-smallest": a_revocation(reason=""),
}


def _fresh(document: Document) -> bytes:
    return encode_envelope(add_signature(add_signature(write_document(document), KIM), LEE))


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_document_of_version_1_still_reads(name: str) -> None:
    envelope = decode_envelope((GOLDEN / f"{name}.json").read_bytes())
    assert signers(envelope, BOTH) == set(BOTH)
    assert read_document(envelope) == DOCUMENTS[name]


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_what_is_written_now_is_the_same(name: str) -> None:
    """Ed25519 signs without chance, so that whole envelopes can be compared."""
    assert _fresh(DOCUMENTS[name]) == (GOLDEN / f"{name}.json").read_bytes()


def test_every_kind_has_its_file() -> None:
    assert {kind_of(write_document(document)) for document in DOCUMENTS.values()} == set(Kind)
    assert {f"{name}.json" for name in DOCUMENTS} == {path.name for path in GOLDEN.iterdir()}


@pytest.mark.parametrize(
    "claimed",
    [
        payload_type(Kind.REQUEST, 2),
        payload_type(Kind.REQUEST, 0),
        "application/vnd.sitewarden.session.v1+json",
        payload_type(Kind.REQUEST).upper(),
        payload_type(Kind.REQUEST) + " ",
        "application/json",
    ],
)
def test_an_unknown_kind_or_version_is_refused(claimed: str) -> None:
    with pytest.raises(Malformed, match="unknown kind or version"):
        read_document(Envelope(claimed, write_document(a_request()).payload, []))


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.REQUEST])
def test_a_body_under_another_kind_is_refused(kind: Kind) -> None:
    with pytest.raises(Malformed):
        read_document(Envelope(payload_type(kind), write_document(a_request()).payload, []))


PAYLOAD = write_document(a_request()).payload
BROKEN = {
    "a field that is not known": PAYLOAD.replace(b'{"id"', b'{"also":1,"id"'),
    "no hosts": PAYLOAD.replace(b'["cdcd', b'[],"x":["cdcd'),
    "an id with a line end": PAYLOAD.replace(b"abab", b"abab\\n", 1),
    "a time without a zone": PAYLOAD.replace(b"01:00:00Z", b"01:00:00"),
    "an action with a slash": PAYLOAD.replace(b"restart-service", b"../restart"),
    "a parameter that is no text": PAYLOAD.replace(b'"his-billing"', b"7"),
    "something after it": PAYLOAD + b"{}",
    "nothing": b"",
    "no UTF-8": PAYLOAD.replace(b"payments", b"\xff\xff"),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_body_is_refused(name: str) -> None:
    assert BROKEN[name] != PAYLOAD
    with pytest.raises(Malformed):
        read_document(Envelope(payload_type(Kind.REQUEST), BROKEN[name], []))


def test_an_audience_is_a_list_of_names_and_nothing_else() -> None:
    document = a_request()
    assert is_for(document, site="seoul", host="cd" * 16)
    assert not is_for(document, site="busan", host="cd" * 16)
    assert not is_for(document, site="seoul", host="ce" * 16)
    with pytest.raises(Malformed):
        read_document(write_document(a_request(hosts=["*"])))
    with pytest.raises(Malformed):
        read_document(write_document(a_request(hosts=[])))


def test_a_window_holds_from_its_beginning_up_to_its_end() -> None:
    document, tick = a_request(), timedelta(microseconds=1)
    assert [holds_at(document, NOW - tick), holds_at(document, NOW)] == [False, True]
    assert [holds_at(document, document.not_after - tick), holds_at(document, document.not_after)] == [True, False]
    with pytest.raises(Malformed, match=re.escape("not_after is not after not_before")):
        read_document(write_document(a_request(not_after=NOW)))
