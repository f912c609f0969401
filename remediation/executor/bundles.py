"""Support bundles as the executor gathers them: raw, in its own folder, until the agent has redacted them.

    bundles/DIGEST.part/    until the result is recorded; a rest of it is from a crash and goes at the next start
    bundles/DIGEST/         index.json, and the pieces 0000, 0001 ...; DIGEST is that of the signed request

The agent reads a piece over the socket, and says when it has redacted all of it: then the pieces go and the
index stays, so that what became of a bundle (released, dropped) is recorded once each and for no other digest.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from remediation.durable import PRIVATE_FILE, PRIVATE_FOLDER, flush_folder, write_once
from remediation.executor.model import BundleIndex, BundlePiece, Piece
from remediation.executor.port import Runner
from remediation.executor.walking import Excerpt, excerpts, join_cut
from remediation.repair.actions import Gathering, Program

FOLDER_NAME: Final = "bundles"
PIECES: Final = 400
PIECE_BYTES: Final = 1_000_000  # in one answer over the socket
KEPT: Final = 20  # bundles whose index is kept
SPARE_BYTES: Final = 100_000_000  # of the disk that a bundle leaves free
_PART: Final = ".part"
_INDEX: Final = "index.json"
Source = Literal["file", "output"]


class NotGathered(Exception):
    """There is no bundle; the text says why."""


@dataclass(frozen=True)
class Bundles:
    """The folder, and what gathering needs. `free_bytes` says how much room the disk of a folder has."""

    folder: Path
    runner: Runner
    monotonic: Callable[[], float]
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free

    def clear(self) -> None:
        """Forget what a crash left half gathered."""
        for path in self.folder.glob(f"*{_PART}"):
            shutil.rmtree(path)

    def gather(self, digest: str, ticket: str, what: Gathering) -> BundleIndex:
        """Gather it anew, durably, until `keep`; `NotGathered` leaves nothing behind."""
        try:
            self.folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        except OSError as error:
            raise NotGathered(f"there is no folder for bundles: {error.strerror}") from error
        if self.free_bytes(self.folder) < what.total_bytes + SPARE_BYTES:
            raise NotGathered("the disk has too little room for a bundle")
        part = self.folder / (digest + _PART)
        try:
            self.clear()
            part.mkdir(mode=PRIVATE_FOLDER)
            index = BundleIndex(digest=digest, ticket=ticket, pieces=self._pieces(part, what))
            write_once(part / _INDEX, msgspec.json.encode(index))
            flush_folder(part)
        except OSError as error:
            shutil.rmtree(part, ignore_errors=True)
            raise NotGathered(f"the bundle cannot be written: {error.strerror}") from error
        return index

    def keep(self, digest: str) -> None:
        """The result is recorded, so somebody will ask for the bundle. What a crash leaves before this goes."""
        whole = self.folder / digest
        shutil.rmtree(whole, ignore_errors=True)
        (self.folder / (digest + _PART)).rename(whole)
        flush_folder(self.folder)
        self._make_room(digest)

    def index(self, digest: str) -> BundleIndex:
        """What a bundle holds."""
        try:
            return msgspec.json.decode((self.folder / digest / _INDEX).read_bytes(), type=BundleIndex)
        except (OSError, msgspec.DecodeError) as error:
            raise NotGathered(f"no bundle {digest} is here") from error

    def piece(self, digest: str, number: int, offset: int) -> BundlePiece:
        """Bytes of a piece from `offset` on, at most `PIECE_BYTES`."""
        try:
            with (self.folder / digest / _name(number)).open("rb") as source:
                source.seek(offset)
                return BundlePiece(content=source.read(PIECE_BYTES))
        except OSError as error:
            raise NotGathered(f"no piece {number} of the bundle {digest} is here") from error

    def forget_raw(self, digest: str) -> None:
        """Delete the pieces; once more does nothing."""
        for path in (self.folder / digest).glob("[0-9]*"):
            path.unlink(missing_ok=True)

    def mark(self, digest: str, what: str) -> bool:
        """Note what became of a bundle; False when that was noted before."""
        self.index(digest)
        try:
            os.close(os.open(self.folder / digest / what, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE))
        except FileExistsError:
            return False
        return True

    def _pieces(self, part: Path, what: Gathering) -> list[Piece]:
        pieces: list[Piece] = []
        left = what.total_bytes
        for source, found in self._found(what):
            if len(pieces) >= PIECES:
                break
            problem = found.problem or ("the bundle is full" if len(found.content) > left else "")
            if problem:
                pieces.append(Piece(source=source, path=found.path, size=found.size, problem=problem))
                continue
            left -= len(found.content)
            write_once(part / _name(len(pieces)), found.content)
            sha256 = hashlib.sha256(found.content).hexdigest()
            size, kept = found.size, len(found.content)
            pieces.append(Piece(source, found.path, size=size, kept=kept, sha256=sha256, is_cut=found.is_cut))
        return pieces

    def _found(self, what: Gathering) -> Iterator[tuple[Source, Excerpt]]:
        end = self.monotonic() + what.timeout_s

        def is_late() -> bool:
            return self.monotonic() >= end

        for name, program in what.outputs:
            yield "output", Excerpt(name, problem="the time is over") if is_late() else self._output(name, program)
        for pattern in what.files:
            yield from (("file", found) for found in excerpts(pattern, what.file_bytes, is_late))
            if is_late():
                yield "file", Excerpt(pattern, problem="the time is over")

    def _output(self, name: str, program: Program) -> Excerpt:
        ran = self.runner.run(program)
        if ran.problem:
            return Excerpt(name, problem=ran.problem)
        is_cut = ran.output_bytes > len(ran.output)
        content = join_cut(ran.output, b"", ran.output_bytes) if is_cut else ran.output
        return Excerpt(name, content, ran.output_bytes, is_cut)

    def _make_room(self, newest: str) -> None:
        found = [path for path in self.folder.iterdir() if path.name != newest and path.is_dir()]
        for path in sorted(found, key=lambda each: each.stat().st_mtime_ns, reverse=True)[KEPT - 1 :]:
            shutil.rmtree(path)


def _name(number: int) -> str:
    return f"{number:04}"
