"""Level 2: restored files against the manifest, which was written when they were saved. Never against the live ones."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from remediation.backup.manifest import DatabaseFacts, FileFacts
from remediation.backup.model import Entry
from remediation.backup.sampling import hash_path
from remediation.backup.stage import DATABASES


@dataclass(frozen=True)
class Compared:
    """`same` files are proven, `changed` ones were written between being hashed and being saved, and prove nothing."""

    same: int
    changed: int
    wrong: tuple[str, ...]


def compare_files(
    facts: Sequence[FileFacts], entries: Sequence[Entry], root: Path, demanded: frozenset[str]
) -> Compared:
    """Each file below `root` with its facts; `entries` say what the snapshot knows of them.

    A file that was gone before it was saved counts as changed, unless it is among the `demanded`.
    """
    known = {entry.path: entry for entry in entries}
    same = changed = 0
    wrong: list[str] = []
    for each in facts:
        entry = known.get(each.path)
        if entry is None and each.path in demanded:
            wrong.append(f"{each.path}: is not in the snapshot")
        elif entry is None or (entry.size_bytes, entry.mtime_ns) != (each.size_bytes, each.mtime_ns):
            changed += 1
        elif problem := _problem(root / each.path.lstrip("/"), each.sha256, each.size_bytes):
            wrong.append(f"{each.path}: {problem}")
        else:
            same += 1
    return Compared(same, changed, tuple(wrong))


def compare_dumps(databases: Sequence[DatabaseFacts], stage: Path) -> Compared:
    """Each file of each dump below the restored stage."""
    found = [problem for facts in databases for problem in _dump_problems(facts, stage / DATABASES / facts.name)]
    files = sum(len(facts.files) for facts in databases)
    return Compared(files - len(found), 0, tuple(found))


def _dump_problems(facts: DatabaseFacts, folder: Path) -> Iterator[str]:
    for name in facts.files:
        if problem := _problem(folder / name, facts.hashes.get(name, "")):
            yield f"{facts.name}: {name}: {problem}"


def _problem(path: Path, sha256: str, size_bytes: int | None = None) -> str:
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            return "is no file any more"
        if size_bytes is not None and found.st_size != size_bytes:
            return f"has {found.st_size} bytes instead of {size_bytes}"
        return "" if hash_path(path) == sha256 else "has another content"
    except OSError as error:
        return error.strerror or str(error)
