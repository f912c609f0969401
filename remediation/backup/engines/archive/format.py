r"""The archive's format, complete: with this page and the site's key anybody can write a reader.

**Objects.** A target holds objects under these names; none is ever changed.

    repository            plain JSON {"format": 1, "id": "<32 hex digits>"}: the marker of the target
    keys/<id>             plain JSON: the master key, wrapped for one recipient (see keyring.py)
    packs/<2>/<name>      many chunks; <2> are the first two digits of <name>
    index/<name>          which chunk lies where in which pack
    snapshots/<id>        one saved state; written last, so that what is cut off is never listed
    leases/<id>           who saves (id of its snapshot) or forgets (`forget` + id) just now

**Keys.** From the master key M (32 bytes) come, by HKDF-SHA256 without salt, 32 bytes each, with the info
text given: `sitewarden archive ids` (I), `... names` (N), `... heads` (H), `... runs` (R). A *run*, that is
one save or one forget, chooses 32 random bytes S, its salt; its key is HKDF-SHA256 of R with salt S and info
`sitewarden archive run`.

**Chunks.** A chunk is up to 8 MiB of content. Its id is BLAKE2b-256 of the content keyed with I: equal
content is kept once, and an id tells nothing to who has not the key. Sealed, it is

    8 bytes number n, big endian | AES-256-GCM(run key, nonce = 4 zero bytes + n, associated = id, text)

where text is one byte, `z` or `-`, and the content: a zstd frame, or as it is where that would not be
shorter. No n is used twice in a run, so no nonce is used twice under a key.

**Packs.** `SWPACK1\n`, S (32 bytes), sealed chunks one after another, the sealed contents of the pack
(a chunk with the id of 32 zero bytes whose content is the MessagePack of `PackIndex`, its `name` empty), and
the length of that as 4 bytes, big endian. <name> is BLAKE2b-256 of the whole object keyed with N, in hex. The
index can be built again from packs alone.

**Index, snapshots and leases** are *heads*: 12 random bytes nonce, then AES-256-GCM under H with the
object's kind as associated bytes (`index`; `snapshots/<id>`; `leases/<id>`) over a zstd frame of MessagePack:
a list of `PackIndex`; a `Head`; an `Owner`. The name of an index is BLAKE2b-256 of the object keyed with N.

**Listing.** A snapshot's entries, sorted by path where `/` counts as the smallest byte (a folder comes
directly before what is in it), are cut into *segments*, each the MessagePack of `Segment`, each a chunk.
A cut follows an entry whose path has a CRC-32 that ends in eleven zero bits, or 8,192 entries: the same
folder gives the same segments in the next snapshot. Paths are absolute, without `.` or `..`.

**Files.** A file below 256 KiB lies in one chunk together with others, from `offset` on for as many bytes as
its `extents` hold (or `size` where it has none). A larger one is a row of chunks of its own, each 1 MiB of
content but the last (8 MiB from 16 GiB on). `extents` are the parts of a sparse file that hold something, as
(start, length); its content is theirs, joined. `link` names the first path of a hard-linked file, which holds
the content.
`ctime_ns` is 0 when the file had changed so shortly before that its times prove nothing.
"""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from remediation.backup.model import EntryKind

T = TypeVar("T")

FORMAT: Final = 1
MAGIC: Final = b"SWPACK1\n"
SALT_BYTES: Final = 32
ID_BYTES: Final = 32
FOOTER_ID: Final = bytes(ID_BYTES)
CHUNK_BYTES_MAX: Final = 8 << 20
PIECE_BYTES: Final = 1 << 20
LARGE_PIECE_BYTES: Final = 8 << 20
LARGE_FILE_BYTES: Final = 16 << 30
SMALL_FILE_BYTES: Final = 256 << 10
SEGMENT_BITS: Final = 11
SEGMENT_RECORDS_MAX: Final = 8_192

KINDS: Final = (
    EntryKind.FILE,
    EntryKind.FOLDER,
    EntryKind.SYMLINK,
    EntryKind.FIFO,
    EntryKind.SOCKET,
    EntryKind.DEVICE,
)


class Marker(Struct, frozen=True, forbid_unknown_fields=True):
    """The object `repository`."""

    format: int
    id: str


class Record(Struct, array_like=True):
    """One entry. In a segment `chunks` are numbers in its table; elsewhere see listing.py."""

    path: bytes
    kind: int  # in KINDS
    mode: int = 0  # type and permissions as stat gives them
    uid: int = 0
    gid: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    inode: int = 0
    size: int = 0
    chunks: list[int] = []
    offset: int = 0
    target: bytes = b""  # of a symlink
    link: bytes = b""
    device: int = 0  # of a device
    xattrs: list[tuple[bytes, bytes]] = []
    extents: list[tuple[int, int]] | None = None


class Segment(Struct, array_like=True):
    """A piece of a listing."""

    chunks: list[bytes]
    records: list[Record]


class ChunkPlace(Struct, array_like=True, frozen=True):
    """A sealed chunk in its pack."""

    id: bytes
    offset: int
    length: int
    raw: int  # bytes of content


class PackIndex(Struct, array_like=True):
    """What is in one pack."""

    name: str
    salt: bytes
    chunks: list[ChunkPlace]
    size: int = 0  # of the whole pack


class Head(Struct, kw_only=True):
    """One snapshot."""

    format: int = FORMAT
    at: datetime
    host: str
    roots: list[bytes]
    labels: dict[str, str]
    files: int
    size_bytes: int
    segments: list[bytes]


class Foreign(Exception):
    """An object is not what this format says."""


def sort_key(path: bytes) -> bytes:
    """Paths in the order of a listing."""
    return path.replace(b"/", b"\0")


def is_cut_after(path: bytes, count: int) -> bool:
    """Whether a segment of `count` records ends with this one."""
    return count >= SEGMENT_RECORDS_MAX or zlib.crc32(path) & ((1 << SEGMENT_BITS) - 1) == 0


def is_safe(path: bytes) -> bool:
    """Whether a path of a listing names one place, below the root: a reader has to ask before it writes."""
    if not path.startswith(b"/") or b"\0" in path:
        return False
    return not {b"", b".", b".."}.intersection(path[1:].split(b"/"))


def piece_bytes(size: int) -> int:
    """How a file of this size is cut."""
    return LARGE_PIECE_BYTES if size >= LARGE_FILE_BYTES else PIECE_BYTES


def content_bytes(record: Record) -> int:
    """How much content a file has: without its holes."""
    return record.size if record.extents is None else sum(length for _, length in record.extents)


def decode(content: bytes, kind: type[T]) -> T:
    """MessagePack of one of the types above; `Foreign` when it is none."""
    try:
        return msgspec.msgpack.decode(content, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Foreign(str(error)) from error


def encode(what: object) -> bytes:
    """The opposite."""
    return msgspec.msgpack.encode(what)
