"""Pieces of the new files of patches, out of the published bundles; nothing of them is believed here.

A piece is read for each question and nothing is kept, so memory is bounded by the questions that are answered at once.
A site gets so many bytes a second, shared by its hosts: an answer waits for its turn a few seconds at most, beyond
that the host is told to come again.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from collector.ingest.answers import Refused
from remediation.patch.bundle import open_bundle
from remediation.patch.errors import PatchRefused
from remediation.patch.pieces import FOLDER, PIECE_BYTES, Piece, file_name, size_at

AT_ONCE: Final = 16  # pieces in memory
PATIENCE_S: Final = 5.0  # for which an answer is held back
SITES: Final = 20_000  # whose turns are remembered
PLACES: Final = 64  # bundles whose payload has been found

Stamp = tuple[int, int, int, int]


class Turns:
    """When each site has had what it may have; times are seconds of a monotonic clock. Pure. 0 bytes: no limit."""

    def __init__(self, bytes_s: float) -> None:
        self._bytes_s = bytes_s
        self._free_at: OrderedDict[str, float] = OrderedDict()

    def wait_s(self, site: str, size: int, now: float) -> float:
        """For how long an answer of so many bytes has to wait; over `PATIENCE_S` it is not counted: refuse it."""
        if not self._bytes_s:
            return 0.0
        free_at = max(now, self._free_at.get(site, now))
        if free_at - now <= PATIENCE_S:
            self._free_at[site] = free_at + size / self._bytes_s
            self._free_at.move_to_end(site)
        while len(self._free_at) > SITES:
            self._free_at.popitem(last=False)
        return free_at - now


class Payloads:
    """The bundles in `folder`/patches; they may come and go while we serve."""

    def __init__(
        self,
        folder: Path,
        bytes_s: float,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._folder = folder / FOLDER
        self._turns = Turns(bytes_s)
        self._monotonic = monotonic
        self._sleep = sleep
        self._places: OrderedDict[str, tuple[Stamp, int, int]] = OrderedDict()
        self._under_way = 0

    async def answer(self, site: str, piece: Piece) -> bytes:
        """The bytes; `Refused`."""
        wait_s = self._turns.wait_s(site, PIECE_BYTES, self._monotonic())
        if wait_s > PATIENCE_S:
            raise Refused(429, "site_rate", "this site fetches too much", retry=True, retry_s=wait_s)
        if wait_s > 0:
            await self._sleep(wait_s)
        if self._under_way >= AT_ONCE:
            raise Refused(503, "busy", "too many fetch patches right now", retry=True)
        self._under_way += 1
        try:
            return await asyncio.to_thread(self._read, piece)
        except OSError as error:
            raise Refused(503, "unavailable", "the file cannot be read now", retry=True) from error
        finally:
            self._under_way -= 1

    def _read(self, piece: Piece) -> bytes:
        path = self._folder / file_name(piece.digest)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise _not_here() from error
        with os.fdopen(handle, "rb") as source:
            at, size = self._place(piece.digest, path, os.fstat(handle))
            if piece.offset >= size:
                raise Refused(416, "range", f"there are {size} bytes")
            source.seek(at + piece.offset)
            return source.read(size_at(piece.offset, size))

    def _place(self, digest: str, path: Path, found: os.stat_result) -> tuple[int, int]:
        """(first byte, size) of the payload; looked for once for each file."""
        if not stat.S_ISREG(found.st_mode):
            raise _not_here()
        stamp = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
        known = self._places.get(digest)
        if known is None or known[0] != stamp:
            known = (stamp, *_payload(path, digest))
            self._places[digest] = known
            while len(self._places) > PLACES:
                self._places.popitem(last=False)
        return known[1], known[2]


def _payload(path: Path, digest: str) -> tuple[int, int]:
    try:
        bundle = open_bundle(path)
    except PatchRefused as refused:
        raise Refused(404, "not_found", "what lies here is no patch") from refused
    if hashlib.sha256(bundle.manifest_raw).hexdigest() != digest:
        raise Refused(404, "not_found", "what lies here is another patch")
    if bundle.payload_at is None or bundle.manifest.payload is None:
        raise Refused(404, "not_found", "this patch has no files")
    return bundle.payload_at, bundle.manifest.payload.size_bytes


def _not_here() -> Refused:
    return Refused(404, "not_found", "the files of this patch are not here")
