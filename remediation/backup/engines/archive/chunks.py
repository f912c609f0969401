"""Sealing and opening chunks. Hashing, compressing and encrypting let other threads run meanwhile."""

from __future__ import annotations

import threading
from typing import Final

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from remediation.backup.engines.archive.format import CHUNK_BYTES_MAX, Foreign

LEVEL: Final = 3
NUMBER_BYTES: Final = 8
_PLAIN, _ZSTD = b"-", b"z"
_contexts = threading.local()


def seal(key: AESGCM, id_: bytes, number: int, content: bytes) -> bytes:
    """A chunk as it lies in a pack. `number` is used once under this key."""
    frame = _compressor().compress(content)
    text = _ZSTD + frame if len(frame) < len(content) else _PLAIN + content
    return seal_text(key, id_, number, text)


def seal_text(key: AESGCM, id_: bytes, number: int, text: bytes) -> bytes:
    """Seal what was compressed before."""
    return number.to_bytes(NUMBER_BYTES, "big") + key.encrypt(_nonce(number), text, id_)


def open_text(key: AESGCM, id_: bytes, sealed: bytes) -> bytes:
    """Decrypted, still compressed. `Foreign` when it is not as it was written."""
    try:
        number = int.from_bytes(sealed[:NUMBER_BYTES], "big")
        return key.decrypt(_nonce(number), memoryview(sealed)[NUMBER_BYTES:], id_)
    except (InvalidTag, ValueError) as error:
        raise Foreign("changed, or written with another key") from error


def open_chunk(key: AESGCM, id_: bytes, sealed: bytes) -> bytes:
    """The content; `Foreign` when it is not as it was written."""
    text = open_text(key, id_, sealed)
    if text[:1] == _PLAIN:
        return text[1:]
    try:
        return decompressed(memoryview(text)[1:], CHUNK_BYTES_MAX, _decompressor())
    except zstandard.ZstdError as error:
        raise Foreign(str(error)) from error


def decompressed(frame: bytes | memoryview, most: int, by: zstandard.ZstdDecompressor) -> bytes:
    """The content of a frame; `ZstdError` when it says or has more than `most` bytes."""
    if zstandard.frame_content_size(frame) > most:  # the library would believe it, whatever its own limit
        raise zstandard.ZstdError("larger than it may be")
    return by.decompress(frame, max_output_size=most)


def _nonce(number: int) -> bytes:
    return bytes(4) + number.to_bytes(NUMBER_BYTES, "big")


def _compressor() -> zstandard.ZstdCompressor:
    """One a thread: they must not be shared."""
    if not hasattr(_contexts, "compressor"):
        _contexts.compressor = zstandard.ZstdCompressor(level=LEVEL)
    found: zstandard.ZstdCompressor = _contexts.compressor
    return found


def _decompressor() -> zstandard.ZstdDecompressor:
    if not hasattr(_contexts, "decompressor"):
        _contexts.decompressor = zstandard.ZstdDecompressor()
    found: zstandard.ZstdDecompressor = _contexts.decompressor
    return found
