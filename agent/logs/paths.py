"""The paths that a source names: which regular files are there, and what is wrong with the rest."""

from __future__ import annotations

import glob
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from agent.logs.opening import NotReadable, checked_status
from wire.sentence import Sentence, sentence

Identity = tuple[int, int]  # device, inode
FILES_MAX: Final = 500  # of one source; a pattern that matches more is most likely a mistake


@dataclass
class Found:
    """Files by identity; a file with two names is read once. `problems` are by path."""

    files: dict[Identity, str] = field(default_factory=dict)
    problems: dict[str, Sentence] = field(default_factory=dict)


def find_files(pattern: str) -> Found:
    """What is at `pattern` now, in the order of names."""
    found = Found()
    paths = _expand(Path(pattern)) if glob.has_magic(pattern) else [pattern]
    if len(paths) > FILES_MAX:
        found.problems[pattern] = sentence("more than {limit} files match; only the first are read", limit=FILES_MAX)
    for path in paths[:FILES_MAX]:
        try:
            status = checked_status(path)
        except FileNotFoundError:
            found.problems[path] = sentence("it does not exist")
        except NotReadable as refusal:
            found.problems[path] = refusal.why
        else:
            found.files.setdefault((status.st_dev, status.st_ino), path)
    return found


def _expand(pattern: Path) -> list[str]:
    return sorted(str(path) for path in pattern.parent.glob(pattern.name))


def covers(pattern: str, path: str) -> bool:
    """Whether `path` is one that the source names, be it there or not."""
    here, there = Path(path), Path(pattern)
    return here.parent == there.parent and fnmatchcase(here.name, there.name)
