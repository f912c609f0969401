"""A support bundle on its way to the collector: signed pieces, each with its place in the whole.

POST `/v1/bundles` carries bytes `offset` to `offset + len(body)`. What the piece belongs to stands in the
signed x-agent-seq header: `bundle/REQUEST/SHA256/SIZE/OFFSET`. The signed answer says how much the collector
has; the next piece begins there, whatever was lost on the way.

>>> place = PiecePlace(request="ab" * 32, sha256="cd" * 32, size=10, offset=4)
>>> read_place(str(place)) == place
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from wire.errors import Malformed
from wire.fields import Count

PATH = "/v1/bundles"
BUNDLE_TYPE = "application/vnd.sitewarden.bundle"
BUNDLE_BYTES = 50_000_000
PIECE_BYTES = 900_000  # what one request carries; below the limit of a body

_PLACE = re.compile(
    r"bundle/(?P<request>[0-9a-f]{64})/(?P<sha256>[0-9a-f]{64})/(?P<size>[1-9][0-9]{0,8})/(?P<offset>0|[1-9][0-9]{0,8})"
)


@dataclass(frozen=True)
class PiecePlace:
    """Which bytes of which bundle; `request` is the digest of the signed request, sizes in bytes."""

    request: str
    sha256: str
    size: int
    offset: int

    def __str__(self) -> str:
        return f"bundle/{self.request}/{self.sha256}/{self.size}/{self.offset}"


def read_place(text: str) -> PiecePlace:
    """The place in a header; `Malformed` otherwise."""
    match = _PLACE.fullmatch(text)
    if match is None:
        raise Malformed("no place of a bundle's piece")
    place = PiecePlace(match["request"], match["sha256"], int(match["size"]), int(match["offset"]))
    if place.size > BUNDLE_BYTES or place.offset >= place.size:
        raise Malformed(f"a bundle has at most {BUNDLE_BYTES} bytes, and a piece lies inside it")
    return place


class PieceReply(Struct, frozen=True, kw_only=True):
    """How much the collector has. `is_stored`: all of it, and its SHA-256 is right."""

    position: Count
    is_stored: bool = False


def decode_reply(raw: bytes) -> PieceReply:
    """The reply in `raw`; `Malformed` otherwise."""
    try:
        return msgspec.json.decode(raw, type=PieceReply)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from error


def bundle_tag(receipt_key_id: str) -> str:
    """The tag of a piece for the collector with this receipt key."""
    return f"bundle-v1:{receipt_key_id}"
