"""Secrets that we have to use again, at rest: ChaCha20-Poly1305 under a key that is made from the receipt key.

A copy of the database alone signs nothing in our name; the state directory as a whole does.
"""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wire.keys import Ed25519PrivateKey

NONCE_BYTES = 12
_PURPOSE = b"sitewarden webhook secrets v1"


class SealBroken(Exception):
    """What was sealed was changed, or sealed under another key."""


class Seal:
    """Seals and opens texts under the collector's own key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        made = HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(key.private_bytes_raw())
        self._cipher = ChaCha20Poly1305(made)

    def close(self, text: str, *, about: str, nonce: bytes) -> str:
        """The text sealed for one purpose (`about`), with a nonce of 12 bytes that is never used again."""
        sealed = self._cipher.encrypt(nonce, text.encode(), about.encode())
        return base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, *, about: str) -> str:
        """The text; `SealBroken` when it is not as it was sealed."""
        raw = base64.b64decode(sealed)
        try:
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], about.encode()).decode()
        except InvalidTag as error:
            raise SealBroken("a secret was sealed under another key") from error
