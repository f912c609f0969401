"""How long one zstd frame is, found from its blocks' heads without unpacking anything (RFC 8878, section 3.1)."""

from __future__ import annotations

from typing import BinaryIO, Final

import zstandard

HEAD_BYTES: Final = 18  # the most that a frame's head has
BLOCK_HEAD: Final = 3
CHECKSUM: Final = 4
BLOCK_BYTES: Final = 1 << 17  # a block unpacks to no more
_RLE, _RESERVED = 1, 3


class FrameRefused(Exception):
    """The bytes are no frame."""


def frame_bytes(source: BinaryIO, at: int, most: int) -> int:
    """The length of the frame that begins at byte `at`; `FrameRefused`, also when it has more than `most` bytes."""
    source.seek(at)
    head = source.read(min(HEAD_BYTES, most))
    try:
        fields = zstandard.get_frame_parameters(head)
        length = zstandard.frame_header_size(head)
    except zstandard.ZstdError as error:
        raise FrameRefused(str(error)) from error
    if fields.dict_id:
        raise FrameRefused("it needs a dictionary")
    is_last = False
    while not is_last:
        source.seek(at + length)
        is_last, size = _block(source.read(BLOCK_HEAD))
        length += BLOCK_HEAD + size
        if length > most:
            raise FrameRefused("it is cut off")
    length += CHECKSUM * fields.has_checksum
    if length > most:
        raise FrameRefused("it is cut off")
    return length


def _block(head: bytes) -> tuple[bool, int]:
    """Whether it is the last, and how many bytes it has after its head."""
    if len(head) != BLOCK_HEAD:
        raise FrameRefused("it is cut off")
    fields = int.from_bytes(head, "little")
    kind, size = fields >> 1 & 3, fields >> 3
    if kind == _RESERVED or size > BLOCK_BYTES:
        raise FrameRefused("a block of it is none")
    return bool(fields & 1), 1 if kind == _RLE else size
