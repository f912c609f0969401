"""What happened to a file since it was last read. Pure: the caller looks at the disk, this decides.

A file is device + inode + hash of its first bytes. The name says nothing: rotation renames. The
inode alone says little: it is reused within milliseconds on some file systems. So:

    path gone                                        VANISHED   finish the open descriptor, or look for the inode
    other inode                                      REPLACED   rotated by rename: finish the old file, read the new one
    same inode, first bytes differ                   TRUNCATED  copytruncate, `: > log`, or the inode was reused
    same inode and first bytes, shorter than read    TRUNCATED
    same inode and first bytes, as long as read      UNCHANGED
    same inode and first bytes, longer               CONTINUE
    never seen                                       NEW

A file that was empty or short when first seen has a short head; it is lengthened as the file grows, up
to 1,024 bytes. Device numbers may change at a reboot: where only the device differs and
at least one byte of the head agrees, it is the same file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum, auto

from agent.spool.port import Cursor

HEAD_BYTES = 1_024


class Happened(StrEnum):
    """What became of the file that a cursor stands in."""

    NEW = auto()
    UNCHANGED = auto()
    CONTINUE = auto()
    TRUNCATED = auto()
    REPLACED = auto()
    VANISHED = auto()


@dataclass(frozen=True)
class Seen:
    """A file as it is on disk; `head` is its first `HEAD_BYTES` bytes, or all of them if it has fewer."""

    device: int
    inode: int
    size: int
    head: bytes


def hash_head(head: bytes) -> str:
    """The hash of a file's first bytes, as cursors hold it."""
    return hashlib.sha256(head).hexdigest()


def decide(cursor: Cursor | None, seen: Seen | None) -> Happened:
    """What happened, from what was stored and what is at the path now."""
    if seen is None:
        return Happened.VANISHED
    if cursor is None:
        return Happened.NEW
    if not is_same_file(cursor, seen):
        return Happened.REPLACED
    if not has_same_head(cursor, seen) or seen.size < cursor.position:
        return Happened.TRUNCATED
    return Happened.UNCHANGED if seen.size == cursor.position else Happened.CONTINUE


def is_same_file(cursor: Cursor, seen: Seen) -> bool:
    """Whether `seen` has the identity of `cursor`, apart from its content."""
    if cursor.inode != seen.inode:
        return False
    return cursor.device == seen.device or (cursor.head_bytes > 0 and has_same_head(cursor, seen))


def has_same_head(cursor: Cursor, seen: Seen) -> bool:
    """Whether the file still begins as it did."""
    head = seen.head[: cursor.head_bytes]
    return len(head) == cursor.head_bytes and hash_head(head) == cursor.head_hash


def is_copy(seen: Seen, cursor: Cursor) -> bool:
    """Whether this is another file with at least the content that was read up to `cursor`."""
    is_other = (seen.device, seen.inode) != (cursor.device, cursor.inode)
    return is_other and cursor.head_bytes > 0 and seen.size >= cursor.position and has_same_head(cursor, seen)


def begin(source: str, path: str, seen: Seen, position: int = 0) -> Cursor:
    """A cursor for a file that was never read."""
    return Cursor(
        source=source,
        path=path,
        device=seen.device,
        inode=seen.inode,
        head_hash=hash_head(seen.head),
        head_bytes=len(seen.head),
        generation=0,
        position=position,
        line_number=0,
    )


def restart(cursor: Cursor, seen: Seen) -> Cursor:
    """The cursor after a truncation: at the first byte, in a new generation."""
    fresh = begin(cursor.source, cursor.path, seen)
    return replace(fresh, generation=cursor.generation + 1)


def lengthen_head(cursor: Cursor, seen: Seen) -> Cursor:
    """The cursor with as much head as the file has now; call it for a file that is still the same."""
    if len(seen.head) <= cursor.head_bytes and cursor.device == seen.device:
        return cursor
    return replace(cursor, device=seen.device, head_hash=hash_head(seen.head), head_bytes=len(seen.head))
