"""A sealed secret opens with the same key, for the same row, and only as it was."""

from __future__ import annotations

import base64

import pytest

from collector.notify.sealing import NONCE_BYTES, Seal, SealBroken
from wire.keys import Ed25519PrivateKey

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
NONCE = bytes(range(NONCE_BYTES))


def test_it_opens_as_it_was_closed() -> None:
    sealed = Seal(KEY).close("whsec_secret", about="webhook:1", nonce=NONCE)
    assert "secret" not in base64.b64decode(sealed).decode("latin-1")
    assert Seal(KEY).open(sealed, about="webhook:1") == "whsec_secret"


def test_it_does_not_open_otherwise() -> None:
    sealed = Seal(KEY).close("whsec_secret", about="webhook:1", nonce=NONCE)
    with pytest.raises(SealBroken):
        Seal(KEY).open(sealed, about="webhook:2")
    with pytest.raises(SealBroken):
        Seal(Ed25519PrivateKey.generate()).open(sealed, about="webhook:1")
    raw = bytearray(base64.b64decode(sealed))
    raw[-1] ^= 1
    with pytest.raises(SealBroken):
        Seal(KEY).open(base64.b64encode(raw).decode(), about="webhook:1")
