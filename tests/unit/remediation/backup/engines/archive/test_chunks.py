from __future__ import annotations

import os

import pytest
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from remediation.backup.engines.archive.chunks import open_chunk, open_text, seal, seal_text
from remediation.backup.engines.archive.format import CHUNK_BYTES_MAX, Foreign

KEY = AESGCM(bytes(32))
ID = b"i" * 32


@pytest.mark.parametrize("content", [b"", b"x", b"same " * 10_000, os.urandom(5_000)])
def test_what_is_sealed_is_opened(content: bytes) -> None:
    sealed = seal(KEY, ID, 7, content)
    assert open_chunk(KEY, ID, sealed) == content
    assert len(sealed) <= len(content) + 25
    assert open_text(KEY, ID, seal_text(KEY, ID, 8, open_text(KEY, ID, sealed))) == open_text(KEY, ID, sealed)


def test_every_changed_byte_is_noticed() -> None:
    sealed = seal(KEY, ID, 7, b"content content")
    for number in range(len(sealed)):
        broken = bytearray(sealed)
        broken[number] ^= 0x80
        with pytest.raises(Foreign):
            open_chunk(KEY, ID, bytes(broken))


def test_a_chunk_opens_under_its_own_id_and_key_only() -> None:
    sealed = seal(KEY, ID, 7, b"content")
    with pytest.raises(Foreign):
        open_chunk(KEY, b"j" * 32, sealed)
    with pytest.raises(Foreign):
        open_chunk(AESGCM(b"x" * 32), ID, sealed)
    with pytest.raises(Foreign):
        open_chunk(KEY, ID, b"short")


def test_a_bomb_stays_small() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(CHUNK_BYTES_MAX * 4))
    with pytest.raises(Foreign):
        open_chunk(KEY, ID, seal_text(KEY, ID, 1, b"z" + bomb))
    with pytest.raises(Foreign):
        open_chunk(KEY, ID, seal_text(KEY, ID, 1, b"znothing of zstd"))
