"""Ed25519 keys as this product writes them.

Private: PKCS 8 in PEM, unencrypted, for keys that a service must use while nobody is there (host
key, receipt key). Public: the 32 raw bytes, base64 where text is needed. A key's id is the
unpadded base64url SHA-256 of its raw public bytes, 43 characters.

A private key in the form that we write ourselves (RFC 8410 in PEM: a fixed head and 32 bytes of seed) is read and
written here. The library's reader of every other form, which a running agent never meets, takes memory as large as
a third of our own code, and is loaded when something else comes.

The library itself (seven megabytes) is loaded with the first key: a host that is not enrolled has none. That is why
its imports stand in functions here, and why annotations elsewhere take its names `if TYPE_CHECKING`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, cast

from wire.errors import Malformed

if TYPE_CHECKING:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PUBLIC_KEY_BYTES = 32  # and as many of a private key's seed
_SEED_HEAD = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410: version 0, Ed25519, 32 bytes of seed
_PEM_BEGIN, _PEM_END = b"-----BEGIN PRIVATE KEY-----\n", b"\n-----END PRIVATE KEY-----\n"

__all__ = [
    "Ed25519PrivateKey",
    "Ed25519PublicKey",
    "InvalidSignature",
    "generate_key",
    "is_signed",
    "key_digest",
    "key_id",
    "key_id_of_digest",
    "load_private",
    "load_public",
    "private_pem",
    "public_bytes",
    "public_text",
]


def __getattr__(name: str) -> object:
    """The library's classes for who asks for them here at run time (PEP 562)."""
    if name == "InvalidSignature":
        from cryptography import exceptions  # noqa: PLC0415  # late: see above

        return exceptions.InvalidSignature
    if name in {"Ed25519PrivateKey", "Ed25519PublicKey"}:
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415  # the same

        return getattr(ed25519, name)
    raise AttributeError(name)


def generate_key() -> Ed25519PrivateKey:
    """A new private key from the operating system's randomness."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  # the same

    return Ed25519PrivateKey.generate()


def private_pem(key: Ed25519PrivateKey) -> bytes:
    """The key as it is written to disk."""
    return _PEM_BEGIN + base64.b64encode(_SEED_HEAD + key.private_bytes_raw()) + _PEM_END


def load_private(pem: bytes) -> Ed25519PrivateKey:
    """The Ed25519 private key in `pem`; `Malformed` for anything else."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  # the same

    seed = _seed_in(pem)
    if seed is not None:
        return Ed25519PrivateKey.from_private_bytes(seed)
    return _load_other(pem)


def _load_other(pem: bytes) -> Ed25519PrivateKey:
    """The key of a file in any form that the library knows."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  # the same
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # the same
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  # the same

    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Malformed(f"not a private key: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Malformed("not an Ed25519 key")
    return key


def _seed_in(pem: bytes) -> bytes | None:
    """The 32 bytes of seed where `pem` is exactly of the form that `private_pem` writes."""
    if not (pem.startswith(_PEM_BEGIN) and pem.endswith(_PEM_END)):
        return None
    try:
        content = base64.b64decode(pem[len(_PEM_BEGIN) : -len(_PEM_END)], validate=True)
    except binascii.Error:
        return None
    seed = content.removeprefix(_SEED_HEAD)
    return seed if len(content) - len(seed) == len(_SEED_HEAD) and len(seed) == PUBLIC_KEY_BYTES else None


def public_bytes(key: Ed25519PrivateKey | Ed25519PublicKey) -> bytes:
    """The 32 raw public bytes."""
    public = key.public_key() if hasattr(key, "public_key") else key
    return cast("Ed25519PublicKey", public).public_bytes_raw()


def public_text(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """The public key as base64, 44 characters."""
    return base64.b64encode(public_bytes(key)).decode()


def load_public(raw: bytes | str) -> Ed25519PublicKey:
    """The public key from its raw bytes or their base64; `Malformed` otherwise."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415  # the same

    try:
        data = base64.b64decode(raw, validate=True) if isinstance(raw, str) else raw
        return Ed25519PublicKey.from_public_bytes(data)
    except (ValueError, binascii.Error) as error:
        raise Malformed("not an Ed25519 public key") from error


def is_signed(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    """Whether this key has signed exactly this content."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # the same

    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def key_digest(raw_public: bytes) -> str:
    """SHA-256 of the raw public bytes in hexadecimal: what an enrolment token pins."""
    return hashlib.sha256(raw_public).hexdigest()


def key_id(raw_public: bytes) -> str:
    """The id under which a signature names this key."""
    return key_id_of_digest(hashlib.sha256(raw_public).digest())


def key_id_of_digest(digest: bytes) -> str:
    """The same id from the 32 bytes of the digest, as an enrolment token carries it."""
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
