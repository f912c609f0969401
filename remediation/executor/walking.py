"""Finds and reads files by pattern, and is led nowhere else: each part of a path is opened from the folder before it.

A link is never followed, in no part of the path; what is no regular file (FIFO, device, socket) is not opened at
all; a file with several names is left out, because one of them may lie where it may not be collected. So
whoever may write in a log folder cannot point at somebody else's file. Names are bytes and may be anything.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

NAMES: Final = 10_000  # looked at in one folder
_FOLDER: Final = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CHUNK: Final = 65_536


@dataclass(frozen=True)
class Excerpt:
    """A file's content, whole, or its head and tail by whole lines. `problem`: why there is none."""

    path: str
    content: bytes = b""
    size: int = 0  # of the file, in bytes
    is_cut: bool = False
    problem: str = ""


def excerpts(pattern: str, most: int, is_late: Callable[[], bool]) -> Iterator[Excerpt]:
    """Each file that matches, at most `most` bytes of it; ends early when `is_late`."""
    root = os.open("/", os.O_PATH | _FOLDER)
    try:
        yield from _walk(root, b"", os.fsencode(pattern).split(b"/")[1:], most, is_late)
    finally:
        os.close(root)


def _walk(folder: int, path: bytes, parts: list[bytes], most: int, is_late: Callable[[], bool]) -> Iterator[Excerpt]:
    part, rest = parts[0], parts[1:]
    for name in _names(folder, part):
        if is_late():
            return
        here = path + b"/" + name
        if not rest:
            yield _excerpt(folder, name, here, most)
            continue
        try:
            inner = os.open(name, os.O_PATH | _FOLDER, dir_fd=folder)
        except OSError as error:
            if part == name:
                yield Excerpt(_shown(here), problem=_reason(error))
            continue
        try:
            yield from _walk(inner, here, rest, most, is_late)
        finally:
            os.close(inner)


def _names(folder: int, part: bytes) -> list[bytes]:
    """The name itself, or what matches it in the folder, in order."""
    if not any(wild in part for wild in (b"*", b"?", b"[")):
        return [part]
    found = []
    with contextlib.suppress(OSError):
        listed = os.open(".", os.O_RDONLY | _FOLDER, dir_fd=folder)
        try:
            with os.scandir(listed) as entries:
                for at, entry in enumerate(entries):
                    if at >= NAMES:
                        break
                    found.append(os.fsencode(entry.name))
        finally:
            os.close(listed)
    return sorted(name for name in found if fnmatch.fnmatchcase(name, part) and not name.startswith(b"."))


def _excerpt(folder: int, name: bytes, path: bytes, most: int) -> Excerpt:
    shown = _shown(path)
    try:
        problem = _problem(os.stat(name, dir_fd=folder, follow_symlinks=False))
        if problem:
            return Excerpt(shown, problem=problem)
        handle = os.open(name, _FILE, dir_fd=folder)
        try:
            found = os.fstat(handle)  # another file may have come by that name meanwhile
            problem = _problem(found)
            if problem:
                return Excerpt(shown, problem=problem)
            content, is_cut = _read(handle, found.st_size, most)
            return Excerpt(shown, content, found.st_size, is_cut)
        finally:
            os.close(handle)
    except OSError as error:
        return Excerpt(shown, problem=_reason(error))


def _problem(found: os.stat_result) -> str:
    if stat.S_ISLNK(found.st_mode):
        return "a link"
    if not stat.S_ISREG(found.st_mode):
        return "no regular file"
    return "it has several names" if found.st_nlink > 1 else ""


def _read(handle: int, size: int, most: int) -> tuple[bytes, bool]:
    if size <= most:
        return _bytes_at(handle, 0, size), False
    head = _bytes_at(handle, 0, most // 4)
    tail = _bytes_at(handle, size - (most - most // 4), most - most // 4)
    return join_cut(head, tail, size), True


def join_cut(head: bytes, tail: bytes, size: int) -> bytes:
    """Head and tail by whole lines, for half a line could hold half a personal value; the gap says its size."""
    head = head[: head.rfind(b"\n") + 1]
    tail = tail[tail.find(b"\n") + 1 :] if b"\n" in tail else b""
    return head + b"[... %d bytes are left out here ...]\n" % (size - len(head) - len(tail)) + tail


def _bytes_at(handle: int, start: int, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        chunk = os.pread(handle, min(_CHUNK, count - len(found)), start + len(found))
        if not chunk:
            break
        found += chunk
    return bytes(found)


def _shown(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")[:500]


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
