"""The frame around an envelope: strict JSON inside one zstd frame.

The body of an exchange is opaque to proxies (`CONTENT_TYPE`, no Content-Encoding), so that one
that re-compresses leaves it alone and one signature covers it.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import msgspec
import zstandard

from wire.errors import Malformed, TooLarge
from wire.limits import FRAME_PLAIN_BYTES, FRAME_RATIO, FRAME_RATIO_FLOOR_BYTES

CONTENT_TYPE = "application/vnd.sitewarden.exchange"
REFUSAL_TYPE = "application/vnd.sitewarden.refusal+json"


_HALF_CHARACTER = re.compile(rb"\\u[dD][89abAB]|\\u[dD][c-fC-F]")  # a pair is fine: then a second look decides

_LONG_OR_EXPONENT = re.compile(rb"[0-9.][eE]|[0-9]{300}")  # what a number without end needs: the others are finite


# Objects that cost more to make than to use, and serve one call at a time: who needs one takes it, and lays it back.
_compressors: dict[int, list[zstandard.ZstdCompressor]] = {}
_decompressors: list[zstandard.ZstdDecompressor] = []


def pack(plain: bytes, level: int = 3) -> bytes:
    """Compress one envelope; the content size stands in the frame's header."""
    idle = _compressors.setdefault(level, [])
    try:
        compressor = idle.pop()
    except IndexError:
        compressor = zstandard.ZstdCompressor(level=level, write_content_size=True)
    try:
        return compressor.compress(plain)
    finally:
        idle.append(compressor)


def pack_alone(plain: bytes, level: int = 3) -> bytes:
    """The same by a compressor that goes with its call, and its megabyte too: for who packs once a minute."""
    return zstandard.ZstdCompressor(level=level, write_content_size=True).compress(plain)


def unpack(body: bytes) -> bytes:
    """The envelope's bytes; `Malformed` if this is not exactly one whole frame, `TooLarge` for a bomb.

    The frame must state its size, and the buffer is of that size: a frame that lies about it fails
    in the decompressor before it has cost more than it stated.
    """
    try:
        size = zstandard.frame_content_size(body)
        if size <= 0:  # 0 is also what the library says of a skippable frame
            raise Malformed("a frame without its size, or empty")
        if size > min(FRAME_PLAIN_BYTES, max(FRAME_RATIO_FLOOR_BYTES, len(body) * FRAME_RATIO)):
            raise TooLarge(f"unpacks to {size} bytes; at most {FRAME_PLAIN_BYTES} and {FRAME_RATIO}:1 are taken")
        return _decompressed(body, size)
    except zstandard.ZstdError as error:
        raise Malformed(f"not one whole zstd frame: {error}") from error


def _decompressed(body: bytes, size: int) -> bytes:
    try:
        decompressor = _decompressors.pop()
    except IndexError:
        decompressor = zstandard.ZstdDecompressor()
    try:
        return decompressor.decompress(body, max_output_size=size, allow_extra_data=False)
    finally:
        _decompressors.append(decompressor)


def check_strict(plain: bytes) -> None:
    """Refuse JSON that two parsers could read differently.

    That is: duplicate keys, NaN, numbers without end (1e999), broken UTF-8, half characters, trailing bytes.

    msgspec keeps the last of two equal keys; a signature over such bytes would cover two meanings.
    """
    if _is_as_we_write(plain):
        return
    try:
        floats = _finite if _LONG_OR_EXPONENT.search(plain) else None
        json.loads(plain.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=floats)
        if _HALF_CHARACTER.search(plain):
            json.dumps(json.loads(plain), ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from error


def _is_as_we_write(plain: bytes) -> bool:
    """Whether these are the very bytes that we write for what they say: then they can be read in one way only.

    Our agents' batches are, and this is a fifth of the cost of the slow look.
    """
    try:
        return msgspec.json.encode(msgspec.json.decode(plain)) == plain
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice in one object")


def _finite(text: str) -> None:
    if not math.isfinite(float(text)):
        raise ValueError("a number is too large")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
