"""Trees of files by what they hold: digests, links instead of copies, everything on the disk before it counts."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PIECE: Final = 1 << 20
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def file_digest(path: Path) -> str:
    """SHA-256 of a regular file; a symbolic link is not followed (`OSError`)."""
    digest = hashlib.sha256()
    source = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    with os.fdopen(source, "rb") as content:
        if not stat.S_ISREG(os.fstat(source).st_mode):
            raise OSError(f"{path} is no regular file")
        while piece := content.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def entries(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Everything below `root` by its path relative to it, in the order of the paths' bytes; links are not followed."""

    def walk(folder: Path, before: str) -> Iterator[tuple[str, os.stat_result]]:
        with os.scandir(folder) as found:
            names = sorted(found, key=lambda entry: os.fsencode(entry.name))
        for entry in names:
            status = entry.stat(follow_symlinks=False)
            yield before + entry.name, status
            if stat.S_ISDIR(status.st_mode):
                yield from walk(folder / entry.name, before + entry.name + "/")

    yield from walk(root, "")


def tree_digest(root: Path) -> str:
    """SHA-256 over every entry: kind, mode, path, and content or target. Owners and times do not count."""
    digest = hashlib.sha256()
    for path, status in entries(root):
        kind, what = _kind_of(root / path, status)
        line = f"{kind} {stat.S_IMODE(status.st_mode):04o} ".encode() + os.fsencode(path) + b"\0" + what + b"\n"
        digest.update(line)
    return digest.hexdigest()


def _kind_of(path: Path, status: os.stat_result) -> tuple[str, bytes]:
    if stat.S_ISREG(status.st_mode):
        return "file", file_digest(path).encode()
    if stat.S_ISDIR(status.st_mode):
        return "folder", b""
    if stat.S_ISLNK(status.st_mode):
        return "link", os.fsencode(path.readlink())
    return "other", b""


def link_tree(source: Path, target: Path) -> None:
    """A tree of the same files: folders are made, files are hard links, so that nothing is copied.

    Only for trees in which nobody writes in place. Symbolic links are made anew; anything else is left out.
    """
    target.mkdir()
    for path, status in entries(source):
        there = target / path
        if stat.S_ISDIR(status.st_mode):
            there.mkdir()
            there.chmod(stat.S_IMODE(status.st_mode))
            os.chown(there, status.st_uid, status.st_gid)
        elif stat.S_ISLNK(status.st_mode):
            there.symlink_to((source / path).readlink())
        elif stat.S_ISREG(status.st_mode):
            os.link(source / path, there, follow_symlinks=False)
    target.chmod(stat.S_IMODE(source.stat().st_mode))


def flush_tree(root: Path) -> None:
    """Every folder of a tree on the disk; its files were flushed as they were written."""
    for path, status in entries(root):
        if stat.S_ISDIR(status.st_mode):
            _flush(root / path)
    _flush(root)


def remove_tree(root: Path) -> None:
    """Remove a tree that may be half there; what is gone already is no matter."""
    if not os.path.lexists(root):
        return
    for path, status in reversed(list(entries(root))):
        there = root / path
        if stat.S_ISDIR(status.st_mode):
            there.rmdir()
        else:
            there.unlink(missing_ok=True)
    root.rmdir()


def _flush(folder: Path) -> None:
    handle = os.open(folder, _FOLDER)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
