"""Records -> the fixed bytes of one batch, pure.

A batch that compresses better than the collector's bomb limit (100:1) would be refused for ever.
Such a batch carries a field `padding` of text that does not compress; the collector ignores fields
that it does not know.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from wire.envelope import Batch, decode_batch, encode
from wire.frame import pack_alone, unpack
from wire.limits import BATCH_PLAIN_BYTES, BATCH_RECORDS, BODY_BYTES, FRAME_RATIO, FRAME_RATIO_FLOOR_BYTES

RATIO_MARGIN = 0.9  # stay clear of the limit: padding itself compresses a little


def choose(sizes: Sequence[int], *, records: int = BATCH_RECORDS, plain_bytes: int = BATCH_PLAIN_BYTES) -> int:
    """How many of the first records fit one batch; at least one, however large.

    >>> choose([100, 100, 300_000, 10])
    2
    >>> choose([300_000, 10])
    1
    """
    total = 0
    for taken, size in enumerate(sizes):
        total += size
        if taken and (taken >= records or total > plain_bytes):
            return taken
    return len(sizes)


def seal(batch: Batch) -> bytes:
    """The frame of a batch: what is sent, and sent again, byte for byte."""
    plain = encode(batch)
    body = pack_alone(plain)
    allowed = FRAME_RATIO * RATIO_MARGIN
    if len(plain) > FRAME_RATIO_FLOOR_BYTES and len(plain) > len(body) * allowed:
        padding = _noise(plain, int(len(plain) / allowed * 1.5) - len(body))
        body = pack_alone(plain[:-1] + b',"padding":"' + padding + b'"}')
    return body


def is_sendable(body: bytes) -> bool:
    """Whether the collector's size limit lets this body through."""
    return len(body) <= BODY_BYTES


def reseal(
    body: bytes, *, agent: str, epoch: str, sequence: int, records: Sequence[msgspec.Raw] | None = None
) -> tuple[bytes, int]:
    """The same batch under another name (new epoch, other number, other records), and its count of records."""
    batch = decode_batch(unpack(body))
    kept = list(batch.records if records is None else records)
    return seal(replace(batch, agent=agent, epoch=epoch, sequence=sequence, records=kept)), len(kept)


def records_of(body: bytes) -> list[msgspec.Raw]:
    """The raw records of a sealed batch."""
    return list(decode_batch(unpack(body)).records)


def _noise(seed: bytes, length: int) -> bytes:
    """`length` or more characters that follow from `seed` and do not compress: nothing random is needed."""
    blocks: list[bytes] = []
    state = seed
    while sum(len(block) for block in blocks) < length:
        state = hashlib.sha512(state).digest()
        blocks.append(base64.b64encode(state))
    return b"".join(blocks)
