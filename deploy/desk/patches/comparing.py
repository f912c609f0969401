"""Two directories -> the files that differ, and where their new contents lie."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from os import stat_result
from pathlib import Path
from typing import Final

from deploy.desk.patches.specification import Selected
from remediation.patch.errors import PatchRefused
from remediation.patch.manifest import FileChange
from remediation.patch.tree import entries, file_digest
from wire.sentence import Sentence, sentence

SHOWN: Final = 10

Entries = dict[str, stat_result]


@dataclass
class Differences:
    """`sources`: where the content of each new or changed file is read from."""

    files: list[FileChange] = field(default_factory=list)
    sources: list[tuple[FileChange, Path]] = field(default_factory=list)


@dataclass(frozen=True)
class _Pair:
    """One path in both directories; None where it is not there."""

    path: str
    old: Path
    before: stat_result | None
    new: Path
    after: stat_result | None

    def is_of_files(self) -> bool:
        return all(each is None or stat.S_ISREG(each.st_mode) for each in (self.before, self.after))

    def change(self) -> FileChange:
        size, mode = (self.after.st_size, _mode(self.after) & 0o777) if self.after is not None else (0, 0o644)
        return FileChange(
            path=self.path,
            old=file_digest(self.old) if self.before is not None else "",
            new=file_digest(self.new) if self.after is not None else "",
            mode=mode,
            size_bytes=size,
        )

    def fault(self, change: FileChange | None) -> Sentence | None:
        """Why a patch cannot say this difference."""
        if change is None:
            is_same = self.old.is_symlink() and self.new.is_symlink() and self.old.readlink() == self.new.readlink()
            words = sentence("{path} is no regular file, and is not the same in both: exclude it", path=self.path)
            return None if is_same else words
        if self.after is not None and _mode(self.after) & ~0o777:
            return sentence("{path} has set-user or set-group rights: a patch gives none", path=self.path)
        if self.before is not None and self.after is not None and change.old == change.new:
            words = sentence("{path} has another mode and the same content: give both the same mode", path=self.path)
            return words if _mode(self.before) != _mode(self.after) else None
        return None


def compare(old: Path, new: Path, selected: Selected, told: Callable[[int], None]) -> Differences:
    """Every file that differs. `PatchRefused` for what a patch cannot say: links, devices, other modes alone."""
    before, after = _selected(old, selected), _selected(new, selected)
    found = Differences()
    wrong: list[Sentence] = []
    for path in sorted(before.keys() | after.keys()):
        pair = _Pair(path, old / path, before.get(path), new / path, after.get(path))
        change = pair.change() if pair.is_of_files() else None
        fault = pair.fault(change)
        wrong += [fault] if fault is not None else []
        told(pair.after.st_size if pair.after is not None else 0)
        if change is not None and change.old != change.new:
            found.files.append(change)
            found.sources += [(change, pair.new)] if change.new else []
    if wrong:
        more = f" (+{len(wrong) - SHOWN})" if len(wrong) > SHOWN else ""
        raise PatchRefused(sentence("{problems}", problems="; ".join(str(each) for each in wrong[:SHOWN]) + more))
    return found


def _mode(status: stat_result) -> int:
    return stat.S_IMODE(status.st_mode)


def _selected(root: Path, selected: Selected) -> Entries:
    """Everything but folders."""
    return {
        path: status
        for path, status in entries(root)
        if not stat.S_ISDIR(status.st_mode)
        and any(fnmatchcase(path, glob) for glob in selected.include)
        and not any(fnmatchcase(path, glob) for glob in selected.exclude)
    }
