"""What an action may gather for a support bundle, and whether the customer's policy allows it. Pure.

The vendor signs the sources: files by pattern, units of the journal, programs that only read. Files have a
second bound, the customer's own: a pattern has to lie inside one of the `roots` of the local policy. A root
is compared by whole parts of the path, so `/var/log/clinic` does not open `/var/log/clinic-other`; no part
may be `..`, and wildcards stand in parts of their own below the root (they never match a slash).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta, Struct

SOURCES: Final = 32  # of each kind in one action
FILE_BYTES: Final = 4_000_000
TOTAL_BYTES: Final = 50_000_000
_PATH: Final = r"^(/[^/\x00-\x1f]+)+\Z"
_WILD: Final = re.compile(r"[*?\[\]]")

PathPattern = Annotated[str, Meta(pattern=_PATH, max_length=1_000)]
Argument = Annotated[str, Meta(min_length=1, max_length=500)]
Label = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}\Z")]
Seconds = Annotated[float, Meta(gt=0, le=3_600)]


class _Part(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all parts have in common."""


class JournalSource(_Part, frozen=True, kw_only=True):
    """Lines of one unit; `unit` may be a parameter. `since_s`: how far back, in seconds."""

    unit: Argument
    since_s: Annotated[int, Meta(ge=1, le=7 * 86_400)] = 86_400
    lines: Annotated[int, Meta(ge=1, le=20_000)] = 2_000


class OutputSource(_Part, frozen=True, kw_only=True):
    """What a program says that only reads; argv as in a step."""

    name: Label
    argv: Annotated[list[Argument], Meta(min_length=1, max_length=64)]
    timeout_s: Seconds = 60
    output_bytes: Annotated[int, Meta(ge=1, le=1_000_000)] = 64_000


class Collection(_Part, frozen=True, kw_only=True):
    """Everything that one action gathers. A longer file keeps its head and its tail."""

    files: Annotated[list[PathPattern], Meta(max_length=SOURCES)] = []
    journal: Annotated[list[JournalSource], Meta(max_length=SOURCES)] = []
    outputs: Annotated[list[OutputSource], Meta(max_length=SOURCES)] = []
    file_bytes: Annotated[int, Meta(ge=1_000, le=FILE_BYTES)] = 1_000_000
    total_bytes: Annotated[int, Meta(ge=1_000, le=TOTAL_BYTES)] = 20_000_000
    timeout_s: Seconds = 300


def placeholders_of(collection: Collection) -> set[str]:
    """Names of the parameters that stand in it."""
    items = [item for output in collection.outputs for item in output.argv]
    items += [source.unit for source in collection.journal]
    return {item[1:-1] for item in items if item.startswith("{") and item.endswith("}")}


def what_is_collected(collection: Collection) -> list[str]:
    """Each source as a line for people, as the vendor wrote it."""
    journal = [f"journal of {each.unit}: {each.lines} lines of {each.since_s} s" for each in collection.journal]
    return [*collection.files, *journal, *(" ".join(each.argv) for each in collection.outputs)]


def collection_problem(collection: Collection, roots: Sequence[str]) -> str:
    """Which file pattern the roots do not allow, in English; empty when all lie inside them."""
    for pattern in collection.files:
        if not is_plain(pattern, wild=True) or not any(_is_inside(pattern, root) for root in roots):
            return f"the local policy does not let {pattern} be collected"
    return ""


def is_plain(path: str, *, wild: bool) -> bool:
    """Whether a path is absolute, names no `.` or `..`, and holds wildcards only if it may."""
    parts = path.split("/")
    return parts[0] == "" and not {"", ".", ".."} & set(parts[1:]) and (wild or not _WILD.search(path))


def _is_inside(pattern: str, root: str) -> bool:
    inner, outer = pattern.split("/"), root.split("/")
    return is_plain(root, wild=False) and len(inner) > len(outer) and inner[: len(outer)] == outer
