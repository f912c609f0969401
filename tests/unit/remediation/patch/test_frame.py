"""The length of a frame, compared with what the library makes of the same bytes."""

from __future__ import annotations

import io
import random

import pytest
import zstandard

from remediation.patch.frame import FrameRefused, frame_bytes

CONTENTS = [b"", b"a", b"a" * 1_000_000, random.Random(1).randbytes(400_000)]


def packed(content: bytes, **options: bool) -> bytes:
    return zstandard.ZstdCompressor(**options).compress(content)  # type: ignore[arg-type]


@pytest.mark.parametrize("content", CONTENTS, ids=len)
@pytest.mark.parametrize("is_checked", [True, False])
@pytest.mark.parametrize("is_sized", [True, False])
def test_it_ends_where_the_library_says(content: bytes, is_checked: bool, is_sized: bool) -> None:
    raw = packed(content, write_checksum=is_checked, write_content_size=is_sized)
    assert frame_bytes(io.BytesIO(raw), 0, len(raw)) == len(raw)
    assert frame_bytes(io.BytesIO(b"before" + raw + b"behind"), 6, len(raw) + 6) == len(raw)


@pytest.mark.parametrize("content", CONTENTS, ids=len)
def test_cut_off(content: bytes) -> None:
    raw = packed(content, write_checksum=True)
    for size in {0, 1, 3, 5, len(raw) // 2, len(raw) - 1}:
        with pytest.raises(FrameRefused):
            frame_bytes(io.BytesIO(raw[:size]), 0, size)
        with pytest.raises(FrameRefused):
            frame_bytes(io.BytesIO(raw), 0, size)


@pytest.mark.parametrize(
    "raw", [b"not zstd at all", b"\x50\x2a\x4d\x18\x04\0\0\0xxxx", b"\x28\xb5\x2f\xfd\x00\x58\x07\0\0"]
)
def test_what_is_no_frame(raw: bytes) -> None:
    """Text, a frame that is skipped, a reserved kind of block."""
    with pytest.raises(FrameRefused):
        frame_bytes(io.BytesIO(raw), 0, len(raw))
