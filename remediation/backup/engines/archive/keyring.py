"""The site's key: 32 random bytes, kept at the target only wrapped, once for each recipient.

A recipient is a *key file* (32 random bytes that lie on the host, and as text on the printed recovery sheet)
or a *passphrase*. Each has its own object `keys/<id>`:

    {"format": 1, "kind": "file" | "passphrase", "label": "...", "salt": hex, "n": 32768, "r": 8, "p": 1,
     "nonce": hex, "wrapped": hex}

The wrapping key is HKDF-SHA256 of the file's bytes with `salt` and info `sitewarden archive wrap`, or scrypt
of the passphrase (UTF-8, NFC) with `salt`, n, r, p. `wrapped` is AES-256-GCM under it with `nonce`; associated
are the kind and the id of the repository, so that a wrapped key cannot be carried to another repository.
Rotation puts a new object and removes the old one; the master key stays, so nothing is encrypted anew.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from remediation.backup.engines.archive.chunks import decompressed
from remediation.backup.engines.archive.format import FORMAT, ID_BYTES, Foreign

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
SCRYPT_N: Final = 32_768  # 32 MB and about 0.1 s, once a run
SCRYPT_N_MAX: Final = 1 << 17  # a forged object must not take the host's memory
SCRYPT_R_MAX: Final = 16
SCRYPT_BYTES_MAX: Final = 512 << 20
HEAD_BYTES_MAX: Final = 256 << 20
Random = Callable[[int], bytes]


@dataclass(frozen=True)
class Recipient:
    """Who can open: the bytes of a key file, or a passphrase."""

    secret: bytes | str
    label: str = ""


class Wrapped(msgspec.Struct, frozen=True, kw_only=True):
    """The object `keys/<id>`."""

    format: int = FORMAT
    kind: str
    label: str
    salt: str
    n: int = 0
    r: int = 0
    p: int = 0
    nonce: str
    wrapped: str


class Keys:
    """What is derived from the master key."""

    def __init__(self, master: bytes) -> None:
        self.master = master
        self._ids = _derived(master, b"sitewarden archive ids")
        self._names = _derived(master, b"sitewarden archive names")
        self._heads = AESGCM(_derived(master, b"sitewarden archive heads"))
        self._runs = _derived(master, b"sitewarden archive runs")

    def chunk_id(self, content: bytes) -> bytes:
        """The id of a content."""
        return hashlib.blake2b(content, digest_size=ID_BYTES, key=self._ids).digest()

    def name_of(self, content: bytes) -> str:
        """The name of a sealed object."""
        return hashlib.blake2b(content, digest_size=ID_BYTES, key=self._names).hexdigest()

    def run_key(self, salt: bytes) -> AESGCM:
        """The key of a run."""
        return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, b"sitewarden archive run").derive(self._runs))

    def seal_head(self, content: bytes, kind: str, random: Random) -> bytes:
        """A small object as it lies at the target."""
        nonce = random(NONCE_BYTES)
        return nonce + self._heads.encrypt(nonce, zstandard.compress(content), kind.encode())

    def open_head(self, sealed: bytes, kind: str) -> bytes:
        """The content of a small object; `Foreign` when it is not as it was written."""
        try:
            frame = self._heads.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], kind.encode())
            return decompressed(frame, HEAD_BYTES_MAX, zstandard.ZstdDecompressor())
        except (InvalidTag, ValueError, zstandard.ZstdError) as error:
            raise Foreign("changed, or written with another key") from error

    def open_named(self, sealed: bytes, kind: str, name: str) -> bytes:
        """The same, of an object that is named by its content."""
        if self.name_of(sealed) != name:
            raise Foreign("changed")
        return self.open_head(sealed, kind)


def wrap(master: bytes, recipient: Recipient, repository: str, random: Random) -> bytes:
    """The object for one recipient."""
    salt, nonce = random(KEY_BYTES), random(NONCE_BYTES)
    is_file = isinstance(recipient.secret, bytes)
    kind = "file" if is_file else "passphrase"
    n, r, p = (0, 0, 0) if is_file else (SCRYPT_N, 8, 1)
    sealed = AESGCM(_wrapping(recipient, salt, n, r, p)).encrypt(nonce, master, f"{kind} {repository}".encode())
    return msgspec.json.encode(
        Wrapped(
            kind=kind, label=recipient.label, salt=salt.hex(), n=n, r=r, p=p, nonce=nonce.hex(), wrapped=sealed.hex()
        )
    )


def unwrap(content: bytes, recipient: Recipient, repository: str) -> bytes | None:
    """The master key; None when this object is not for this recipient."""
    try:
        found = msgspec.json.decode(content, type=Wrapped)
        kind = "file" if isinstance(recipient.secret, bytes) else "passphrase"
        if found.format != FORMAT or found.kind != kind or not _is_bearable(found):
            return None
        key = _wrapping(recipient, bytes.fromhex(found.salt), found.n, found.r, found.p)
        opened = AESGCM(key).decrypt(
            bytes.fromhex(found.nonce), bytes.fromhex(found.wrapped), f"{kind} {repository}".encode()
        )
    except (InvalidTag, ValueError, msgspec.DecodeError):
        return None
    return opened if len(opened) == KEY_BYTES else None


def _is_bearable(found: Wrapped) -> bool:
    """Whether opening costs no more than it may: whoever can write at the target can write these numbers."""
    return 0 <= found.n <= SCRYPT_N_MAX and 0 <= found.r <= SCRYPT_R_MAX and 0 <= found.p <= SCRYPT_R_MAX


def _wrapping(recipient: Recipient, salt: bytes, n: int, r: int, p: int) -> bytes:
    if isinstance(recipient.secret, bytes):
        return HKDF(SHA256(), KEY_BYTES, salt, b"sitewarden archive wrap").derive(recipient.secret)
    text = unicodedata.normalize("NFC", recipient.secret).encode()
    return hashlib.scrypt(text, salt=salt, n=n, r=r, p=p, maxmem=SCRYPT_BYTES_MAX, dklen=KEY_BYTES)


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, None, purpose).derive(master)
