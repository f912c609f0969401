"""A folder as a target: a local disk, a mounted share, a USB disk.

An object is written beside its place, flushed, and linked to its name, which fails when the name is
taken: two savers cannot overwrite each other, and a name never stands for half an object. The change time
of a file (ctime), which nobody can set, says when it arrived.

A disk that is not attached leaves an empty mount point behind, on the root disk. Therefore nothing is
written where the marker of the repository is not; and a target that is said to be a disk of its own is
not even prepared while its folder lies on the same disk as `/`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from remediation.backup.engines.targets.pace import Pace
from remediation.backup.engines.targets.port import MARKER, Absent, Kept
from remediation.backup.errors import TargetRefused, TargetUnavailable
from remediation.durable import flush_folder
from wire.sentence import Sentence, sentence

PART: Final = ".part"
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Directory:
    """Objects as files below `root`."""

    def __init__(
        self, root: Path, *, pace: Pace, new_name: Callable[[], str], is_own_disk: bool = False, is_synced: bool = True
    ) -> None:
        self._root = root
        self._pace = pace
        self._new_name = new_name
        self._is_own_disk = is_own_disk
        self._is_synced = is_synced  # only tests that write thousands of repositories turn this off

    @property
    def where(self) -> str:
        """The folder."""
        return str(self._root)

    def prepare(self, marker: bytes) -> None:
        """Make the folder and its marker."""
        if self._is_own_disk and self._lies_on_root_disk():
            raise TargetUnavailable(self._not_attached())
        with self._told():
            self._root.mkdir(mode=0o700, parents=not self._is_own_disk, exist_ok=True)
            if (self._root / MARKER).exists():
                return
            if any(path.name != "lost+found" and not path.name.endswith(PART) for path in self._root.iterdir()):
                raise TargetRefused(
                    sentence("{path} holds other files; name an empty folder for the backup", path=self.where)
                )
            self._write(MARKER, marker)

    def put(self, name: str, content: bytes) -> bool:
        """Keep an object."""
        self._must_be_there()
        with self._told():
            return self._write(name, content)

    def get(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """The object or a part."""
        with self._told():
            try:
                with (self._root / name).open("rb", buffering=0) as file:
                    wanted = os.fstat(file.fileno()).st_size - offset if length is None else length
                    return os.pread(file.fileno(), max(0, wanted), offset)
            except (FileNotFoundError, NotADirectoryError) as error:
                self._must_be_there()
                raise Absent(name) from error

    def listed(self, folder: str) -> Iterator[Kept]:
        """Every object below a folder."""
        self._must_be_there()
        with self._told():
            found = list(self._below(folder))
        yield from found

    def delete(self, name: str) -> None:
        """Remove one."""
        self._must_be_there()
        with self._told():
            (self._root / name).unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove what was cut off while it was written; bytes freed. Only while nobody saves."""
        freed = 0
        with self._told():
            for path in self._root.rglob("*" + PART):
                freed += path.lstat().st_size
                path.unlink()
        return freed

    def _below(self, folder: str) -> Iterator[Kept]:
        try:
            with os.scandir(self._root / folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except FileNotFoundError:
            return
        for entry in found:
            name = f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from self._below(name)
            elif not name.endswith(PART) and entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                yield Kept(name, status.st_size, datetime.fromtimestamp(status.st_ctime, UTC))

    def _write(self, name: str, content: bytes) -> bool:
        path = self._root / name
        if path.exists():
            return False
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._flush(path.parent.parent)
        part = path.with_name(self._new_name() + PART)
        try:
            with part.open("xb", buffering=0) as file:
                for piece in self._pace.pieces(content):
                    written = 0
                    while written < len(piece):
                        written += file.write(piece[written:])
                if self._is_synced:
                    os.fsync(file.fileno())
            part.chmod(0o400)
            return self._link(part, path)
        finally:
            part.unlink(missing_ok=True)

    def _link(self, part: Path, path: Path) -> bool:
        try:
            os.link(part, path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}:
                raise
            part.rename(path)  # a USB disk with FAT knows no links
        self._flush(path.parent)
        return True

    def _flush(self, folder: Path) -> None:
        if self._is_synced:
            flush_folder(folder)

    def _must_be_there(self) -> None:
        """Refuse where the marker is not: the disk is gone, or this never was a target."""
        try:
            is_there = (self._root / MARKER).is_file()
        except OSError:
            is_there = False
        if not is_there:
            raise TargetUnavailable(self._not_attached())

    def _lies_on_root_disk(self) -> bool:
        folder = self._root
        while not folder.exists():
            folder = folder.parent
        return folder.stat().st_dev == Path("/").stat().st_dev

    def _not_attached(self) -> Sentence:
        return sentence(
            "{path} is no backup target now; attach the disk, or prepare the target if it is new", path=self.where
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the disk says, as a sentence with what to do."""
        try:
            yield
        except OSError as error:
            raise TargetUnavailable(told(error, self.where)) from error


def told(error: OSError, where: str) -> Sentence:
    """An error of a disk in words."""
    if error.errno in _FULL:
        return sentence("{path} is full; free space there, or let the receiver forget old backups", path=where)
    if error.errno == errno.EROFS:
        return sentence("{path} can only be read; mount it for writing and look at why it was not", path=where)
    return sentence("{path} cannot be used: {why}", path=where, why=error.strerror or str(error))
