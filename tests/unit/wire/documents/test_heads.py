from __future__ import annotations

from dataclasses import replace

import pytest

from wire.documents.envelope import Envelope, add_signature
from wire.documents.heads import AuditHead, read_head, write_head
from wire.errors import Malformed
from wire.keys import generate_key
from wire.messages import EXAMPLE_TIME

HOST, RECEIPT, OTHER = generate_key(), generate_key(), generate_key()
HEAD = AuditHead(agent="a1", size=3, chain="ab" * 32, root="cd" * 32, at=EXAMPLE_TIME)
SIGNED = add_signature(add_signature(write_head(HEAD), HOST), RECEIPT)


def test_a_head_needs_every_signature() -> None:
    assert read_head(SIGNED, HOST.public_key(), RECEIPT.public_key()) == HEAD
    assert read_head(SIGNED, HOST.public_key()) == HEAD
    for keys in [(HOST, OTHER), (OTHER, RECEIPT), (OTHER,), ()]:
        with pytest.raises(Malformed):
            read_head(SIGNED, *(key.public_key() for key in keys))


@pytest.mark.parametrize(
    "broken",
    [
        replace(SIGNED, payload=SIGNED.payload.replace(b'"size":3', b'"size":4')),
        replace(SIGNED, payload_type="application/vnd.sitewarden.request.v1+json"),
        add_signature(Envelope(SIGNED.payload_type, b"[]", []), HOST),
    ],
)
def test_anything_else_is_refused(broken: Envelope) -> None:
    with pytest.raises(Malformed):
        read_head(broken, HOST.public_key())
