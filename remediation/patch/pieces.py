"""How a host asks for the new files of a patch over the network: piece by piece, from where it stopped.

    GET /v1/vendor/patches/<digest of the manifest>?from=<offset in the payload>

The answer is at most `PIECE_BYTES` of `payload.tar.zst` as it stands in the published `.swpatch`. Its size and SHA-256
are in the manifest, which the vendor's own signatures cover: whoever asks knows how much may come, and what it has to
be, before the first byte. The rest of the bundle comes as every other published file does. Pure.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

FOLDER: Final = "patches"
SUFFIX: Final = ".swpatch"
PIECE_BYTES: Final = 262_144  # a slow line has a minute for each answer: 4 KiB a second are enough
_NAME: Final = re.compile(r"patches/(?P<digest>[0-9a-f]{64})")
_QUERY: Final = re.compile(r"from=(?P<offset>0|[1-9][0-9]{0,12})")
_FILE: Final = re.compile(r"[0-9a-f]{64}\.swpatch")


class Piece(NamedTuple):
    """A piece of the files of the patch with the manifest `digest`, from byte `offset` on."""

    digest: str
    offset: int

    @property
    def name(self) -> str:
        """What stands behind /v1/vendor/ for it."""
        return f"{FOLDER}/{self.digest}"

    @property
    def query(self) -> str:
        """What stands behind the question mark."""
        return f"from={self.offset}"


def read_piece(name: str, query: str) -> Piece | None:
    """The piece that was asked for; None for what has not exactly this form.

    >>> read_piece("patches/" + "a" * 64, "from=10").offset
    10
    >>> read_piece("patches/../secret", "from=0"), read_piece("patches/" + "a" * 64, "from=-1")
    (None, None)
    """
    named, asked = _NAME.fullmatch(name), _QUERY.fullmatch(query)
    return Piece(named["digest"], int(asked["offset"])) if named and asked else None


def file_name(digest: str) -> str:
    """The published bundle with this manifest."""
    return digest + SUFFIX


def is_file_name(name: str) -> bool:
    """Whether a published bundle can have this name.

    >>> is_file_name("a" * 64 + ".swpatch"), is_file_name("his.swpatch")
    (True, False)
    """
    return _FILE.fullmatch(name) is not None


def size_at(offset: int, size: int) -> int:
    """How many bytes the piece at `offset` has, of a payload of `size` bytes.

    >>> size_at(0, 10), size_at(262_144, 262_145), size_at(10, 10)
    (10, 1, 0)
    """
    return max(0, min(PIECE_BYTES, size - offset))
