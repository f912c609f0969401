"""A bundle as one file: tar in zstd, the same bytes for the same content, and read back with suspicion.

    manifest.json                what is in it with size and SHA-256, and what was left out and why
    0001-access.log ...          the redacted pieces

Names are made here, of plain characters and a number: no path of the host stands in them.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec
import zstandard
from msgspec import Struct

from agent.durable import PRIVATE_FILE, flush_folder

if TYPE_CHECKING:
    import tarfile  # loaded where a bundle is packed or read

MANIFEST: Final = "manifest.json"
LEVEL: Final = 9
MEMBER_BYTES: Final = 20_000_000  # tokens may be longer than what they replace
_STRANGE: Final = re.compile(r"[^A-Za-z0-9._-]+")


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One piece: `name` in the bundle, or why it was left out. `path` is redacted too; sizes in bytes."""

    path: str
    name: str = ""
    size: int = 0
    sha256: str = ""
    original_size: int = 0
    is_cut: bool = False
    left_out: str = ""


class Manifest(Struct, frozen=True, kw_only=True):
    """What a bundle holds."""

    version: int = 1
    request: str  # the digest of the signed request that had it collected
    ticket: str
    host: str
    entries: list[Entry]


class NotABundle(Exception):
    """The file is not what this module writes."""


def member_name(number: int, path: str) -> str:
    """A name without any path, for a piece."""
    return f"{number:04}-{_STRANGE.sub('_', path.rpartition('/')[2])[-80:] or 'piece'}"


def write_bundle(path: Path, manifest: Manifest, pieces: Iterable[bytes]) -> tuple[str, int]:
    """Write it durably; the SHA-256 and size of the file. `pieces` are those of the entries with a name, in order."""
    import tarfile  # noqa: PLC0415  # late: see above

    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    named = [MANIFEST, *(entry.name for entry in manifest.entries if entry.name)]
    contents = _with_first(msgspec.json.format(msgspec.json.encode(manifest), indent=1), pieces)
    target = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    with os.fdopen(target, "wb") as out:
        with (
            zstandard.ZstdCompressor(level=LEVEL).stream_writer(out, closefd=False) as squeezed,
            tarfile.open(fileobj=squeezed, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
        ):
            for name, content in zip(named, contents, strict=True):
                tar.addfile(_member(name, len(content)), io.BytesIO(content))
        out.flush()
        os.fsync(out.fileno())
    digest, size = file_digest(fresh), fresh.stat().st_size
    fresh.replace(path)
    flush_folder(path.parent)
    return digest, size


def file_digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def read_manifest(path: Path) -> Manifest:
    """What a bundle says of itself; `NotABundle`."""
    for name, content in _members(path):
        if name != MANIFEST:
            break
        try:
            return msgspec.json.decode(content, type=Manifest)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise NotABundle(str(error)) from error
    raise NotABundle("it does not begin with its manifest")


def read_pieces(path: Path) -> Iterator[tuple[Entry, bytes]]:
    """Each piece with its entry; `NotABundle` when name, size or SHA-256 differ from the manifest."""
    named = {entry.name: entry for entry in read_manifest(path).entries if entry.name}
    for name, content in _members(path):
        if name == MANIFEST:
            continue
        entry = named.pop(name, None)
        if entry is None or hashlib.sha256(content).hexdigest() != entry.sha256:
            raise NotABundle(f"{name} is not as the manifest says")
        yield entry, content
    if named:
        raise NotABundle(f"{min(named)} is missing")


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    import tarfile  # noqa: PLC0415  # late: see above

    try:
        with (
            path.open("rb") as source,
            zstandard.ZstdDecompressor().stream_reader(source) as plain,
            tarfile.open(fileobj=_readable(plain), mode="r|") as tar,
        ):
            for member in tar:
                content = tar.extractfile(member) if member.isreg() and member.size <= MEMBER_BYTES else None
                if content is None:
                    raise NotABundle(f"{member.name!r} is no plain file")
                yield member.name, content.read()
    except (OSError, tarfile.TarError, zstandard.ZstdError) as error:
        raise NotABundle(str(error)) from error


def _readable(plain: Any) -> IO[bytes]:
    found: IO[bytes] = plain
    return found


def _with_first(first: bytes, others: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from others


def _member(name: str, size: int) -> tarfile.TarInfo:
    import tarfile  # noqa: PLC0415  # late: see above

    member = tarfile.TarInfo(name)
    member.size, member.mode = size, PRIVATE_FILE
    return member
