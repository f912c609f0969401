"""A sample of the files that are saved, with their hashes: what a drill compares a restore with.

The named files come first, then so many at random, each file of the trees with the same chance. Names
of files that the policy leaves out do not count. What cannot be read is passed over: the engine tells.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import BinaryIO, Final

from remediation.backup.manifest import FileFacts

FILE_BYTES: Final = 2**30  # a larger one is only sampled when it is named: hashing it would take too long


def sample_files(
    trees: Sequence[Path], exclude: Sequence[str], named: Sequence[str], count: int, chance: Random
) -> list[FileFacts]:
    """Facts of the named files and of `count` random ones."""
    chosen: list[str] = []
    for seen, path in enumerate(_files(trees, exclude)):
        if seen < count:
            chosen.append(path)
        elif (at := chance.randrange(seen + 1)) < count:
            chosen[at] = path
    wanted = dict.fromkeys([*named, *sorted(chosen)])
    return [facts for path in wanted if (facts := file_facts(path)) is not None]


def _files(trees: Sequence[Path], exclude: Sequence[str]) -> Iterator[str]:
    for tree in trees:
        for folder, folders, names in os.walk(tree):
            folders[:] = [each for each in folders if not is_excluded(f"{folder}/{each}", exclude)]
            for name in names:
                path = f"{folder}/{name}"
                if not is_excluded(path, exclude) and _is_sampled(path):
                    yield path


def is_excluded(path: str, exclude: Sequence[str]) -> bool:
    """Whether a pattern of the policy leaves this path out."""
    return any(fnmatchcase(path, pattern) for pattern in exclude)


def _is_sampled(path: str) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= FILE_BYTES and _is_writable_as_text(path)


def _is_writable_as_text(path: str) -> bool:
    """A manifest is JSON: a name that is no Unicode is saved by the engine and not sampled here."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def file_facts(path: str) -> FileFacts | None:
    """Hash one regular file without following a link; None when it cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            return None
        digest = hash_file(file)
    return FileFacts(path=path, size_bytes=found.st_size, mtime_ns=found.st_mtime_ns, sha256=digest)


def hash_file(file: BinaryIO) -> str:
    """SHA-256 of an open file."""
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # typeshed wants a private type


def hash_path(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hash_file(file)
