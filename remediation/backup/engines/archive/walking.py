"""What is to be saved, in the order of a listing: parents of the roots, then each root and all below it."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from remediation.backup.engines.archive.format import sort_key
from remediation.backup.model import SaveOrder, Unread


@dataclass(frozen=True)
class Found:
    """Something on the disk."""

    path: bytes
    status: os.stat_result


def walked(order: SaveOrder, complain: Callable[[Unread], None]) -> Iterator[Found]:
    """Everything the order means; what cannot be looked at is complained of and left out."""
    excluded = _pattern(order.exclude)
    last = b""
    for root in _outermost(order):
        for parent in _parents(root):
            if sort_key(parent) > last:
                status = _looked_at(parent, lambda _: None)  # what is wrong with it is told of the root
                if status is None:
                    break
                last = sort_key(parent)
                yield Found(parent, status)
        status = _looked_at(root, complain)
        if status is None:
            continue
        device = status.st_dev if order.one_file_system else None
        for found in _below(Found(root, status), excluded, device, complain):
            last = sort_key(found.path)
            if found.path != b"/":
                yield found


def _below(
    top: Found, excluded: re.Pattern[str] | None, device: int | None, complain: Callable[[Unread], None]
) -> Iterator[Found]:
    """Depth first with a stack of our own: a tree may be deeper than Python's."""
    yield top
    stack = [_names(top, complain)]
    while stack:
        path = next(stack[-1], None)
        if path is None:
            stack.pop()
            continue
        if excluded is not None and excluded.match(os.fsdecode(path)):
            continue
        status = _looked_at(path, complain)
        if status is None:
            continue
        found = Found(path, status)
        yield found
        if stat.S_ISDIR(status.st_mode) and device in {None, status.st_dev}:
            stack.append(_names(found, complain))


def _names(folder: Found, complain: Callable[[Unread], None]) -> Iterator[bytes]:
    """The paths in a folder, sorted; names only, since a folder may hold a million."""
    if not stat.S_ISDIR(folder.status.st_mode):
        return iter(())
    try:
        names = os.listdir(folder.path)  # noqa: PTH208  # bytes
    except OSError as error:
        complain(Unread(os.fsdecode(folder.path), error.strerror or str(error)))
        return iter(())
    names.sort()
    start = folder.path if folder.path == b"/" else folder.path + b"/"
    return (start + name for name in names)


def _looked_at(path: bytes, complain: Callable[[Unread], None]) -> os.stat_result | None:
    try:
        return os.lstat(path)  # bytes: a name may be no text
    except OSError as error:
        complain(Unread(os.fsdecode(path), error.strerror or str(error)))
        return None


def _outermost(order: SaveOrder) -> list[bytes]:
    """The roots in order, without those that lie in another."""
    found: list[bytes] = []
    for root in sorted({os.path.normpath(os.fsencode(root)) for root in order.roots}, key=sort_key):
        if not any(root == one or root.startswith(one.rstrip(b"/") + b"/") for one in found):
            found.append(root)
    return found


def _parents(path: bytes) -> list[bytes]:
    parts = path.split(b"/")[1:-1]
    return [b"/" + b"/".join(parts[: count + 1]) for count in range(len(parts))]


def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{fnmatch.translate(one)})" for one in patterns)) if patterns else None
