"""Keys of people, in files: Ed25519 in PKCS 8, under a passphrase, with the public key beside it.

Theory of operation
-------------------
`NAME` holds the private key, mode 0600; `NAME.pub` holds the public key as one line of base64, for
giving away. Neither is ever overwritten.

PKCS 8 as the library writes it derives its AES key with 2,048 rounds of PBKDF2, which a graphics
card tries a million times a second. So the passphrase is stretched by scrypt first, and the result
is what encrypts the file. The salt stands in a line above the PEM:

    sitewarden-key v1 scrypt 00112233445566778899aabbccddeeff
    -----BEGIN ENCRYPTED PRIVATE KEY-----

The cost of scrypt belongs to the version and is never read from the file. A key without a
passphrase is plain PKCS 8; it is meant for machines that sign while nobody is there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from remediation.durable import PRIVATE_FILE, flush_folder, write_once
from wire.errors import Malformed
from wire.keys import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
    key_digest,
    load_private,
    load_public,
    private_pem,
    public_bytes,
    public_text,
)
from wire.sentence import Sentence, sentence

PASSPHRASE_CHARS: Final = 8
SALT_BYTES: Final = 16
KEY_FILE_BYTES: Final = 10_000
PUBLIC_FILE: Final = 0o644

_HEAD: Final = re.compile(rb"sitewarden-key v1 scrypt ([0-9a-f]{32})\n")
_COST: Final = 2**16  # 64 MB and a fifth of a second for each try


class KeyFileRefused(Exception):
    """A key file cannot be written or used; the sentence says why."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


def public_path(path: Path) -> Path:
    """Where the public key of `path` stands."""
    return path.with_name(path.name + ".pub")


def write_key_file(path: Path, key: Ed25519PrivateKey, *, passphrase: str | None, salt: bytes) -> None:
    """Write `path` and its public twin; both must not exist yet. `salt`: 16 random bytes."""
    if passphrase is not None and len(passphrase) < PASSPHRASE_CHARS:
        raise KeyFileRefused(sentence("a passphrase has at least {count} characters", count=PASSPHRASE_CHARS))
    content = private_pem(key) if passphrase is None else _encrypted(key, passphrase, salt)
    for target in (path, public_path(path)):
        if target.exists() or target.is_symlink():
            raise KeyFileRefused(sentence("{path} exists; a key is never overwritten", path=target))
    try:
        write_once(path, content, mode=PRIVATE_FILE)
        write_once(public_path(path), f"{public_text(key)}\n".encode(), mode=PUBLIC_FILE)
        flush_folder(path.absolute().parent)
    except OSError as error:
        words = sentence("{path} cannot be written: {reason}", path=error.filename, reason=error.strerror or str(error))
        raise KeyFileRefused(words) from error


def open_key_file(path: Path, ask: Callable[[], str]) -> Ed25519PrivateKey:
    """The private key in `path`; `ask` gives the passphrase and is called only if there is one."""
    raw = _read(path)
    if path.stat().st_mode & 0o077:
        raise KeyFileRefused(sentence("{path} can be read by others; take that away: chmod 600", path=path))
    head = _HEAD.match(raw)
    try:
        return load_private(raw) if head is None else _decrypted(raw, ask(), bytes.fromhex(head[1].decode()))
    except Malformed as error:
        raise KeyFileRefused(sentence("{path} is no key file of ours: {problem}", path=path, problem=error)) from error
    except _WrongPassphrase as error:
        raise KeyFileRefused(sentence("the passphrase of {path} is wrong", path=path)) from error


def read_public_key(text: str) -> Ed25519PublicKey:
    """A public key that a person names: a .pub file, the private file beside which it stands, or base64 itself."""
    path = Path(text)
    for candidate in (path, public_path(path)):
        if candidate.suffix == ".pub" and candidate.is_file():
            return _public_of(_read(candidate).decode("utf-8", "replace").strip(), str(candidate))
    return _public_of(text, text)


def short_name(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """Four groups of four digits, for comparing over the telephone: the beginning of the key's digest."""
    digest = key_digest(public_bytes(key))
    return " ".join(digest[at : at + 4] for at in range(0, 16, 4))


class _WrongPassphrase(Exception):
    """The file did not open."""


def _public_of(text: str, name: str) -> Ed25519PublicKey:
    try:
        return load_public(text)
    except Malformed as error:
        raise KeyFileRefused(sentence("{name} is neither a public key nor a file that holds one", name=name)) from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as source:
            return source.read(KEY_FILE_BYTES)
    except OSError as error:
        words = sentence("{path} cannot be read: {reason}", path=path, reason=error.strerror or str(error))
        raise KeyFileRefused(words) from error


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=_COST, r=8, p=1, maxmem=2**27, dklen=32).hex().encode()


def _encrypted(key: Ed25519PrivateKey, passphrase: str, salt: bytes) -> bytes:
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(_stretched(passphrase, salt)),
    )
    return b"sitewarden-key v1 scrypt " + salt.hex().encode() + b"\n" + pem


def _decrypted(raw: bytes, passphrase: str, salt: bytes) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(raw, password=_stretched(passphrase, salt))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _WrongPassphrase from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Malformed("not an Ed25519 key")
    return key
