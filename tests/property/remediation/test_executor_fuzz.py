"""Every byte of a request over the socket, and of the documents in it, may be wrong: nothing runs."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from remediation.executor.questions import Request, RunRequest
from remediation.executor.requests import answer
from tests.fakes.maintained_host import PEER, MaintainedHost
from wire.documents.envelope import Envelope, Signature, decode_envelope, encode_envelope

CHANCE = random.Random(7)


@pytest.fixture
def host(tmp_path: Path) -> MaintainedHost:
    return MaintainedHost(tmp_path)


def a_request(document: bytes, approval: bytes) -> bytes:
    body = msgspec.json.encode(RunRequest(document=document, approvals=[approval]))
    return msgspec.json.encode(Request(op="run", body=msgspec.Raw(body)))


def spoiled(raw: bytes) -> Iterator[bytes]:
    """Each byte once: changed to another, left out, or doubled."""
    for at in range(len(raw)):
        other = CHANCE.choice([value for value in range(256) if value != raw[at]])
        yield raw[:at] + CHANCE.choice([bytes([other]), b"", raw[at : at + 1] * 2]) + raw[at + 1 :]
    for at in range(0, len(raw), 50):
        yield raw[:at]


def what_ran(host: MaintainedHost, raw: bytes) -> list[tuple[str, ...]]:
    json.loads(answer(raw, host.executor, PEER))
    return host.runner.ran


def test_unspoiled_it_runs(host: MaintainedHost) -> None:
    """The control: without it the tests below could not fail."""
    request = host.request()
    assert what_ran(host, a_request(encode_envelope(request), host.approval(request)))


def test_no_byte_of_a_socket_request_may_be_wrong(host: MaintainedHost) -> None:
    request = host.request()
    approval = host.approval(request)
    raw = a_request(encode_envelope(request), approval)
    for wrong in spoiled(raw):
        assert what_ran(host, wrong) == [], wrong


@pytest.mark.parametrize("part", ["payload", "type", "signature", "approval payload", "approval signature"])
def test_no_byte_of_a_document_may_be_wrong(host: MaintainedHost, part: str) -> None:
    request = host.request()
    approval = decode_envelope(host.approval(request))
    base = approval if part.startswith("approval") else request
    for wrong in changed(base, part.removeprefix("approval ")):
        pair = (request, wrong) if base is approval else (wrong, approval)
        assert what_ran(host, a_request(*[encode_envelope(each) for each in pair])) == []


def changed(envelope: Envelope, part: str) -> Iterator[Envelope]:
    """The envelope with each byte of one part changed in turn."""
    if part == "payload":
        yield from (Envelope(envelope.payload_type, raw, envelope.signatures) for raw in spoiled(envelope.payload))
    elif part == "type":
        for raw in spoiled(envelope.payload_type.encode()):
            text = raw.decode("latin-1")
            if text and text != envelope.payload_type:
                yield Envelope(text, envelope.payload, envelope.signatures)
    else:
        (signature,) = envelope.signatures
        for raw in spoiled(signature.value):
            yield Envelope(envelope.payload_type, envelope.payload, [Signature(signature.key, raw)])
