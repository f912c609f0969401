"""High-water marks: the newest version of each role that this host has ever believed.

The metadata on disk may be rolled back or torn: by a power cut, by somebody who restores a backup, by
a disk that lied. The marks are a file of their own, flushed before anything newer is acted on, and
nothing below them is believed again.

A mark of a role belongs to the keys that the role had. When its delegator gives it other keys, the
mark ends: otherwise a thief who once published version 2,000,000,000 with a stolen key would have
shut every host out for ever, also after the key was replaced. The mark of root never ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from tuf.api.metadata import Role

from remediation.durable import write_durably

FILE_NAME: Final = "marks.json"

Version = Annotated[int, Meta(ge=0, le=2**53)]


class Mark(Struct, frozen=True):
    """A version, and the keys and threshold under which it was believed (a digest)."""

    version: Version
    keys: str


class Marks(Struct, frozen=True):
    """The file's content, version 1."""

    version: Annotated[int, Meta(ge=1, le=1)] = 1
    root: Version = 0
    roles: dict[str, Mark] = {}


class MarksBroken(Exception):
    """The file is there and cannot be read: nothing is believed until a person has looked."""


def keys_of(role: Role) -> str:
    """What a mark remembers of a role's keys."""
    return hashlib.sha256(f"{role.threshold} {' '.join(sorted(role.keyids))}".encode()).hexdigest()


def fallen_below(marks: Marks, root: int, roles: Mapping[str, Mark]) -> tuple[str, int, int] | None:
    """The first role that is older than its mark: name, version, mark."""
    if root < marks.root:
        return "root", root, marks.root
    for name, found in roles.items():
        mark = marks.roles.get(name)
        if mark is not None and mark.keys == found.keys and found.version < mark.version:
            return name, found.version, mark.version
    return None


def raised(marks: Marks, root: int, roles: Mapping[str, Mark]) -> Marks:
    """The marks after these versions were believed; roles that were not looked at keep theirs."""
    return Marks(root=max(root, marks.root), roles={**marks.roles, **roles})


def read_marks(folder: Path) -> Marks:
    """The marks of a host; all zero when there are none yet."""
    try:
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=Marks)
    except FileNotFoundError:
        return Marks()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MarksBroken(str(error)) from error


def write_marks(folder: Path, marks: Marks) -> None:
    """Write them durably."""
    write_durably(folder / FILE_NAME, msgspec.json.format(msgspec.json.encode(marks), indent=1))
