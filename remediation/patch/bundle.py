"""A patch as one file, `*.swpatch`, the same online and on a stick: an uncompressed tar in one order.

    manifest.json          what the product's role vouches for, as the target PRODUCT/patches/ID.json
    tuf/metadata/...       the vendor's metadata as published, with every version of root; absent before it is published
    tuf/targets/...        roster, catalogues and actions that belong to them
    payload.tar.zst        the new files, if there are any; the manifest has its SHA-256

Nothing of it is believed because it stands here. `Bundle.fetch` gives the metadata to
remediation.trust.vendor.VendorRepository as any other source does; it says whether the manifest is vouched for.

What comes on a stick is copied off first (`copy_off`), and only the copy is looked at: a stick can answer twice
differently.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from remediation.durable import PRIVATE_FILE, flush_folder
from remediation.patch import tape
from remediation.patch.errors import PatchRefused
from remediation.patch.manifest import MANIFEST_BYTES, PAYLOAD_BYTES, Manifest
from remediation.patch.payload import PayloadFile
from remediation.patch.reading import read_manifest
from remediation.trust.published import FILE_BYTES, NotThere, Unfetched, is_published_name
from wire.sentence import sentence

MANIFEST: Final = "manifest.json"
PAYLOAD: Final = "payload.tar.zst"
TUF: Final = "tuf/"
PUBLISHED: Final = 1_000  # files of the vendor's metadata
PUBLISHED_BYTES: Final = 64_000_000  # all of them together
BUNDLE_BYTES: Final = PAYLOAD_BYTES + PUBLISHED_BYTES + 2_000_000
PIECE: Final = 1 << 20

Place = tuple[int, int]  # first byte, size


@dataclass(frozen=True)
class Bundle:
    """An opened bundle. `published`: the name of a published file -> where it stands."""

    path: Path
    manifest: Manifest
    manifest_raw: bytes
    published: Mapping[str, Place] = field(default_factory=dict)
    payload_at: int | None = None

    @property
    def target(self) -> str:
        """The path of the target that has to be this manifest."""
        return target_path(self.manifest)

    def fetch(self, name: str, most: int) -> bytes:
        """A published file, as remediation.trust.published.Fetch gives it."""
        place = self.published.get(name)
        if place is None:
            raise NotThere(name)
        at, size = place
        if size > most:
            raise Unfetched(f"{name} has more than {most} bytes")
        with self.path.open("rb") as source:
            source.seek(at)
            return source.read(size)

    def payload(self) -> PayloadFile | None:
        """The new files, None when the patch has none."""
        return None if self.payload_at is None else PayloadFile(self.path, self.manifest, offset=self.payload_at)


def target_path(manifest: Manifest) -> str:
    """Under which name the vendor publishes a manifest."""
    return f"{manifest.product}/patches/{manifest.id}.json"


def write_bundle(
    out: BinaryIO, manifest_raw: bytes, published: Mapping[str, bytes], payload: tuple[int, Iterable[bytes]] | None
) -> None:
    """Write one; the same parts give the same bytes. `payload`: its size, and its pieces."""
    _write(out, MANIFEST, manifest_raw)
    for name in sorted(published):
        _write(out, TUF + name, published[name])
    if payload is not None:
        size, pieces = payload
        out.write(tape.head(PAYLOAD, size))
        out.writelines(pieces)
        out.write(tape.padding(size))
    out.write(tape.END)


def _write(out: BinaryIO, name: str, content: bytes) -> None:
    out.write(tape.head(name, len(content)) + content + tape.padding(len(content)))


# ------------------------------------------------------------ reading


def copy_off(source: Path, target: Path) -> None:
    """Copy what is to be a bundle into a file that must not be there yet, onto the disk. `PatchRefused`.

    Only a regular file, opened once, without following a link at the end, and never more than a bundle can have.
    """
    try:
        handle = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise _unreadable(source, error) from error
    with os.fdopen(handle, "rb") as taken:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise PatchRefused(sentence("{path} is no regular file", path=str(source)))
        try:
            _copy(taken, target)
        except FileExistsError:
            raise
        except (OSError, PatchRefused) as error:
            target.unlink(missing_ok=True)
            if isinstance(error, PatchRefused):
                raise
            raise _unreadable(source, error) from error
    flush_folder(target.parent)


def _copy(taken: BinaryIO, target: Path) -> None:
    left = BUNDLE_BYTES
    out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE)
    with os.fdopen(out, "wb") as copy:
        while piece := taken.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise PatchRefused(sentence("it has more than {count} bytes", count=BUNDLE_BYTES))
            copy.write(piece)
        copy.flush()
        os.fsync(out)


def open_bundle(path: Path) -> Bundle:
    """The parts of a bundle that nobody else writes to; signatures are not looked at. `PatchRefused`.

    The payload is not read either: `Bundle.payload().check()` does that.
    """
    try:
        with path.open("rb") as source:
            size = os.fstat(source.fileno()).st_size
            return _Reading(source, size, path).bundle()
    except OSError as error:
        raise _unreadable(path, error) from error


class _Reading:
    """Goes through the heads, once, and jumps over the contents."""

    def __init__(self, source: BinaryIO, size: int, path: Path) -> None:
        self._source = source
        self._size = size
        self._path = path
        self._at = 0

    def bundle(self) -> Bundle:
        name, place = self._next()
        if name != MANIFEST or place[1] > MANIFEST_BYTES:
            raise PatchRefused(sentence("{path} is no patch: it does not begin with a manifest", path=str(self._path)))
        raw = self._content(place)
        manifest = read_manifest(raw)
        published, payload = self._others()
        if (None if payload is None else payload[1]) != (manifest.payload.size_bytes if manifest.payload else None):
            raise PatchRefused(sentence("the bundle does not hold the payload that its manifest names"))
        return Bundle(self._path, manifest, raw, published, payload[0] if payload else None)

    def _others(self) -> tuple[dict[str, Place], Place | None]:
        """Published files in the order of their names, then the payload, then the end."""
        published: dict[str, Place] = {}
        payload, before, total = None, "", 0
        name, place = self._next()
        while name.startswith(TUF):
            total += place[1]
            is_published = is_published_name(name.removeprefix(TUF)) and place[1] <= FILE_BYTES
            if not is_published or name <= before or len(published) >= PUBLISHED or total > PUBLISHED_BYTES:
                raise PatchRefused(sentence("the bundle has an entry that cannot be: {name}", name=name))
            published[name.removeprefix(TUF)] = place
            before = name
            name, place = self._next()
        if name == PAYLOAD:
            payload = place
            name, place = self._next()
        if name:
            raise PatchRefused(sentence("the bundle has an entry that cannot be: {name}", name=name))
        return published, payload

    def _next(self) -> tuple[str, Place]:
        """Name and place of the next content; an empty name at the end, which has to be that of the file, too."""
        self._source.seek(self._at)
        block = self._source.read(tape.BLOCK)
        if self._at + len(tape.END) == self._size and block + self._source.read(tape.BLOCK) == tape.END:
            return "", (self._at, 0)
        found = tape.named(block) if len(block) == tape.BLOCK else None
        if found is None:
            raise PatchRefused(
                sentence("{path} is no whole patch: byte {at} is no entry", path=self._path, at=self._at)
            )
        name, size = found
        start = self._at + tape.BLOCK
        filling = start + size
        self._at = filling + len(tape.padding(size))
        if self._at > self._size:
            raise PatchRefused(sentence("{path} is no whole patch: it is cut off", path=str(self._path)))
        self._source.seek(filling)
        if any(self._source.read(self._at - filling)):
            raise self._broken(filling)
        return name, (start, size)

    def _broken(self, at: int) -> PatchRefused:
        return PatchRefused(sentence("{path} is no whole patch: byte {at} is no entry", path=str(self._path), at=at))

    def _content(self, place: Place) -> bytes:
        self._source.seek(place[0])
        return self._source.read(place[1])


def _unreadable(path: Path, error: OSError) -> PatchRefused:
    return PatchRefused(
        sentence("{path} cannot be read: {reason}", path=str(path), reason=error.strerror or str(error))
    )
