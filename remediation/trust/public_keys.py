"""Public keys of rosters and policies by their id, without making a key of each text. Pure.

A roster may name a thousand engineers and a policy two hundred people, and a document is signed by one
or two of them: only texts whose id a signature names become keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from remediation.trust.assertion import decode_base64
from wire.documents.envelope import Envelope, signers
from wire.errors import Malformed
from wire.keys import PUBLIC_KEY_BYTES, Ed25519PublicKey, key_id, load_public

KNOWN: Final = 4_096  # texts whose id is remembered: more than a roster and a policy hold


def raw_key(text: str) -> bytes | None:
    """The 32 raw bytes that `text` writes; None for another text."""
    return _read(text)[1]


def key_name(text: str) -> str:
    """The id under which a signature names the key of `text`; empty for a text that is no key."""
    return _read(text)[0]


def signing_texts(envelope: Envelope, texts: Mapping[str, str]) -> set[str]:
    """Ids of those keys of `texts` (id -> text) whose signature over these bytes holds; each counts once."""
    keys: dict[str, Ed25519PublicKey] = {}
    for signature in envelope.signatures:
        text = texts.get(signature.key)
        if text is not None:
            keys[signature.key] = load_public(decode_base64(text))
    return signers(envelope, keys)


@lru_cache(maxsize=KNOWN)
def _read(text: str) -> tuple[str, bytes | None]:
    try:
        raw = decode_base64(text)
    except Malformed:
        return "", None
    return (key_id(raw), raw) if len(raw) == PUBLIC_KEY_BYTES else ("", None)
