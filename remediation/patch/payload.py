"""The new files of a patch as one tar in one zstd frame: written always the same, read without trust.

Reading
-------
The SHA-256 of the whole payload is compared first; nothing is unpacked before. Then the frame is walked block by
block, without unpacking: it has to be one, and to end where the payload ends. While it is unpacked, what may come
next is known from the manifest: the head of each entry is compared byte for byte, so is the filling, each content
has exactly its size and its SHA-256, and after the last file comes the end. Nothing else can be said in it, and
memory is bounded by pieces of fixed size, whatever is sent.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

import zstandard

from remediation.patch import tape
from remediation.patch.errors import PatchRefused
from remediation.patch.frame import FrameRefused, frame_bytes
from remediation.patch.manifest import FileChange, Manifest
from remediation.patch.manifest import Payload as PayloadFields
from wire.sentence import sentence

LEVEL: Final = 9
WINDOW_BYTES: Final = 1 << 23  # 8 MiB: what unpacking needs in memory
PIECE: Final = 1 << 18

Source = tuple[FileChange, Path]


def write_payload(out: BinaryIO, sources: Iterable[Source], told: Callable[[int], None] | None = None) -> PayloadFields:
    """Write the new contents, in the order of their paths, from files of this machine; what the manifest says of it.

    `PatchRefused` when a file is not (any more) what its change says. `told` hears of bytes as they are written.
    """
    parameters = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, window_log=WINDOW_BYTES.bit_length() - 1, threads=0, write_checksum=True, write_content_size=False
    )
    chunker = zstandard.ZstdCompressor(compression_params=parameters).chunker(chunk_size=PIECE)
    digest = hashlib.sha256()
    size = unpacked = 0
    for change, piece in _tar(sources):
        unpacked += len(piece) if change is not None else 0
        if told is not None:
            told(len(piece))
        for packed in chunker.compress(piece):
            size += _put(out, digest, packed)
    last: Iterable[bytes] = chunker.finish()  # type: ignore[no-untyped-call]
    for packed in last:
        size += _put(out, digest, packed)
    return PayloadFields(sha256=digest.hexdigest(), size_bytes=size, unpacked_bytes=unpacked)


def _put(out: BinaryIO, digest: hashlib._Hash, packed: bytes) -> int:
    out.write(packed)
    digest.update(packed)
    return len(packed)


def _tar(sources: Iterable[Source]) -> Iterator[tuple[FileChange | None, bytes]]:
    """The pieces of the tar; those of a content with the change that they belong to."""
    for change, path in sorted(sources, key=lambda source: source[0].path):
        yield None, tape.head(change.path, change.size_bytes, change.mode)
        for piece in _checked(change, _pieces_of(path)):
            yield change, piece
        yield None, tape.padding(change.size_bytes)
    yield None, tape.END


def _pieces_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while piece := source.read(PIECE):
            yield piece


def _checked(change: FileChange, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces as long as they can still be the content; `PatchRefused` at the first that cannot, or at the end."""
    digest = hashlib.sha256()
    left = change.size_bytes
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            break
        digest.update(piece)
        yield piece
    if left or digest.hexdigest() != change.new:
        raise PatchRefused(sentence("the content of {path} is not what was signed", path=change.path))


class PayloadFile:
    """The payload of a manifest in a file that nobody else writes to, from byte `offset` on."""

    def __init__(self, path: Path, manifest: Manifest, *, offset: int = 0) -> None:
        self._path = path
        self._manifest = manifest
        self._offset = offset

    @contextmanager
    def open(self) -> Iterator[Iterator[tuple[str, Iterator[bytes]]]]:
        """(path, pieces of its content) in the order of the manifest; each content has to be read to its end.

        `PatchRefused` when it is not as signed: at once for the whole, at its end for a file.
        """
        fields = self._fields()
        with _opened(self._path) as source:
            self._check_whole(source, fields)
            source.seek(self._offset)
            yield _files(_Window(source, fields.size_bytes), self._manifest)

    def check(self) -> None:
        """The whole is what was signed, and one frame; quick, nothing is unpacked. `PatchRefused`."""
        with _opened(self._path) as source:
            self._check_whole(source, self._fields())

    def check_files(self) -> None:
        """Every file, too: unpacks everything and keeps nothing. `PatchRefused`."""
        with self.open() as files:
            for _, pieces in files:
                for _ in pieces:
                    pass

    def _fields(self) -> PayloadFields:
        if self._manifest.payload is None:
            raise PatchRefused(sentence("this patch has no files"))
        return self._manifest.payload

    def _check_whole(self, source: BinaryIO, fields: PayloadFields) -> None:
        source.seek(self._offset)
        digest = hashlib.sha256()
        left = fields.size_bytes
        while left and (piece := source.read(min(PIECE, left))):
            digest.update(piece)
            left -= len(piece)
        if left or digest.hexdigest() != fields.sha256:
            raise PatchRefused(sentence("the files of the patch are not those that were signed"))
        try:
            is_one = frame_bytes(source, self._offset, fields.size_bytes) == fields.size_bytes
        except FrameRefused as refused:
            raise PatchRefused(sentence("the files of the patch are no zstd frame: {why}", why=str(refused))) from None
        if not is_one:
            raise PatchRefused(sentence("something stands behind the end of the files"))


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        words = sentence("{path} cannot be read: {reason}", path=str(path), reason=error.strerror or str(error))
        raise PatchRefused(words) from error
    with os.fdopen(handle, "rb") as source:
        yield source


class _Window(io.RawIOBase):
    """At most `size` bytes of a file from where it stands."""

    def __init__(self, source: BinaryIO, size: int) -> None:
        self._source = source
        self._left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(piece)
        return piece


def _files(packed: _Window, manifest: Manifest) -> Iterator[tuple[str, Iterator[bytes]]]:
    unpacker = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
    with unpacker.stream_reader(cast("BinaryIO", packed), read_size=PIECE, closefd=False) as tar:
        for change in manifest.files:
            if change.new:
                _expect(tar, tape.head(change.path, change.size_bytes, change.mode), change.path)
                pieces = _checked(change, _content(tar, change.size_bytes))
                yield change.path, pieces
                for _ in pieces:  # what nobody read is checked all the same
                    pass
                _expect(tar, tape.padding(change.size_bytes), change.path)
        _expect(tar, tape.END, "")
        if _read(tar, 1):
            raise PatchRefused(sentence("something stands behind the end of the files"))


def _expect(tar: zstandard.ZstdDecompressionReader, expected: bytes, path: str) -> None:
    found = b"".join(_content(tar, len(expected)))
    if found == expected:
        return
    if path:
        raise PatchRefused(sentence("where {path} has to stand, the payload has something else", path=path))
    raise PatchRefused(sentence("the payload goes on where it has to end"))


def _content(tar: zstandard.ZstdDecompressionReader, size: int) -> Iterator[bytes]:
    while size and (piece := _read(tar, min(PIECE, size))):
        size -= len(piece)
        yield piece


def _read(tar: zstandard.ZstdDecompressionReader, size: int) -> bytes:
    try:
        return tar.read(size)
    except zstandard.ZstdError as error:
        raise PatchRefused(sentence("the files of the patch are no zstd frame: {why}", why=str(error))) from error
