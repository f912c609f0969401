"""From the executor's raw pieces to the redacted bundle. Raw is here in memory alone, one piece at a time.

Pieces are redacted twice, for the manifest and for the file: that costs time, and no room for 50 MB of
intermediate files that a crash would leave.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from agent.bundles.packing import Entry, Manifest, member_name, write_bundle
from agent.bundles.text import NotText, redact_text
from agent.redaction.redactor import Redactor
from remediation.executor.model import BundleIndex, Piece
from remediation.trust.collection import FILE_BYTES


class RawPieces(Protocol):
    """The executor as it is asked here (remediation.executor.client)."""

    def bundle_piece(self, digest: str, number: int, offset: int) -> bytes:
        """Raw bytes of one piece."""


class Incomplete(Exception):
    """A piece is not what the index says."""


def redact_bundle(
    index: BundleIndex, executor: RawPieces, redactor: Redactor, path: Path, host: str
) -> tuple[str, int]:
    """Write the redacted bundle to `path`; its SHA-256 and size. `Incomplete` and the client's refusals."""

    def redacted(number: int) -> bytes:
        return redact_text(_raw(index, number, executor), redactor)

    entries = [_entry(number, piece, redacted, redactor) for number, piece in enumerate(index.pieces)]
    manifest = Manifest(request=index.digest, ticket=index.ticket, host=redactor.redact(host), entries=entries)
    kept: Iterator[bytes] = (redacted(number) for number, entry in enumerate(entries) if entry.name)
    return write_bundle(path, manifest, kept)


def _entry(number: int, piece: Piece, redacted: Callable[[int], bytes], redactor: Redactor) -> Entry:
    path = redactor.redact(piece.path)
    if piece.problem:
        return Entry(path=path, original_size=piece.size, left_out=redactor.redact(piece.problem))
    try:
        content = redacted(number)
    except NotText as problem:
        return Entry(path=path, original_size=piece.size, left_out=str(problem))
    return Entry(
        path=path,
        name=member_name(number, path),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        original_size=piece.size,
        is_cut=piece.is_cut,
    )


def _raw(index: BundleIndex, number: int, executor: RawPieces) -> bytes:
    """A whole piece; what the executor has recorded, to the bit."""
    piece, found = index.pieces[number], bytearray()
    while len(found) < min(piece.kept, 2 * FILE_BYTES):
        chunk = executor.bundle_piece(index.digest, number, len(found))
        if not chunk:
            break
        found += chunk
    if hashlib.sha256(found).hexdigest() != piece.sha256:
        raise Incomplete(f"the piece {number} is not as it was gathered")
    return bytes(found)
