"""Single files exchanged where they are, for products that cannot live in releases.

    root/.sitewarden/<name>/new/<number>     new files, ready with mode and owner
    root/.sitewarden/<name>/old/<number>     the old files themselves (links to the same inodes, all attributes kept)
    root/.sitewarden/<name>/made             folders that are not there yet, one a line, the deepest first

All of it lies on the file system of `root`. To switch, each new file is renamed onto its place; to switch back, each
old one. Nothing else happens while the services stand still: what can be written, linked or looked up is so before. A
file that was renamed is gone from the work folder, so that either way may stop anywhere and be done again: what is
not there any more has to be in its place already.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path, PurePosixPath
from typing import Final

from remediation.durable import PRIVATE_FOLDER, flush_folder, write_once
from remediation.patch.errors import PatchRefused, StepFailed
from remediation.patch.layouts.port import Payload
from remediation.patch.layouts.writing import NEW_FOLDER, check_written, failing_as_step, owner_of, write_new
from remediation.patch.manifest import FileChange, Manifest
from remediation.patch.tree import file_digest, remove_tree
from wire.sentence import Sentence, sentence

OWN: Final = ".sitewarden"
MADE: Final = "made"
SHOWN: Final = 20  # differences that are named; more are counted


class InPlace:
    """The files of one patch; `name` is that of its work folder."""

    def __init__(self, manifest: Manifest, *, root: Path, name: str) -> None:
        self._root = root
        self._files = list(enumerate(manifest.files))
        self._by_path = {change.path: (number, change) for number, change in self._files}
        self._work = root / OWN / name
        self._stamps: dict[int, tuple[int, int, int]] = {}
        # All that is needed while the services stand still is made of texts before.
        self._targets = {number: root / change.path for number, change in self._files}
        self._sources = {
            which: {number: self._work / which / str(number) for number, _ in self._files} for which in ("new", "old")
        }
        folders = {change.path.rpartition("/")[0] for _, change in self._files}
        self._above = {folder: _with_parents(root, folder) for folder in folders}

    def check(self) -> None:
        """Compare every file that will change."""
        wrong = [words for _, change in self._files if (words := self._difference(change)) is not None]
        if wrong:
            shown = "; ".join(str(words) for words in wrong[:SHOWN])
            raise PatchRefused(
                sentence("{count} files are not those that this patch is for: {files}", count=len(wrong), files=shown)
            )

    def _difference(self, change: FileChange) -> Sentence | None:
        path = self._root / change.path
        if not self._is_inside(path):
            return sentence("{path} leads out of {root}", path=change.path, root=str(self._root))
        if not os.path.lexists(path):
            return sentence("{path} is not there", path=change.path) if change.old else None
        if not change.old:
            return sentence("{path} is there already", path=change.path)
        if path.is_symlink() or not path.is_file():
            return sentence("{path} is no regular file", path=change.path)
        return None if file_digest(path) == change.old else sentence("{path} was changed", path=change.path)

    def _is_inside(self, path: Path) -> bool:
        """No folder on the way is a link: what is renamed there stays below the root."""
        above = [self._root / parent for parent in path.relative_to(self._root).parents]
        return not any(folder.is_symlink() for folder in above if folder != self._root)

    def stage(self, payload: Payload) -> None:
        """Write the new files, and take hold of the old ones."""
        with failing_as_step():
            self.abandon()
            for folder in (self._work, self._work / "new", self._work / "old"):
                folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            with payload.open() as files:
                for path, pieces in files:
                    number, change = self._by_path[path]
                    target = self._work / "new" / str(number)
                    write_new(target, pieces, change, owner_of(self._root / path, self._root))
                    check_written(target, change)
            for number, change in self._files:
                if change.old:
                    os.link(self._root / change.path, self._work / "old" / str(number), follow_symlinks=False)
                    self._stamps[number] = self._stamp(number)
            write_once(self._work / MADE, "".join(f"{path}\n" for path in self._missing_folders()).encode())
            for folder in (self._work / "new", self._work / "old", self._work, self._root / OWN, self._root):
                flush_folder(folder)

    def _missing_folders(self) -> list[str]:
        above = {parent for _, change in self._files for parent in PurePosixPath(change.path).parents}
        missing = [path for path in above if path != PurePosixPath() and not (self._root / path).exists()]
        return [str(path) for path in sorted(missing, key=lambda path: len(path.parts), reverse=True)]

    def _stamp(self, number: int) -> tuple[int, int, int]:
        status = self._targets[number].lstat()
        return status.st_ino, status.st_size, status.st_mtime_ns

    def recheck(self) -> None:
        """Each file is still the one that was taken hold of, and was not written to."""
        with failing_as_step():
            for number, change in self._files:
                if change.old and self._stamps.get(number) != self._stamp(number):
                    raise StepFailed(sentence("{path} was changed while the patch was prepared", path=change.path))
                if not change.old and os.path.lexists(self._targets[number]):
                    raise StepFailed(sentence("{path} appeared while the patch was prepared", path=change.path))

    def abandon(self) -> None:
        """Nothing of the product was touched: let go of the old files."""
        with failing_as_step():
            remove_tree(self._work)

    def switch(self) -> None:
        """Each file in its turn, then the folders that hold them."""
        self._place("new", {number for number, change in self._files if change.new})

    def switch_back(self) -> None:
        """The same with the old files; where there was none, there is none again."""
        self._place("old", {number for number, change in self._files if change.old})
        with failing_as_step():
            made = self._work / MADE
            for path in made.read_text().splitlines() if made.exists() else ():
                folder = self._root / path
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()
                    flush_folder(folder.parent)

    def _place(self, which: str, there: set[int]) -> None:
        with failing_as_step():
            folders: dict[Path, None] = {}
            for number, change in self._files:
                target = self._targets[number]
                if number in there:
                    self._put(self._sources[which][number], target, change.new if which == "new" else change.old)
                else:
                    with contextlib.suppress(FileNotFoundError):
                        target.unlink()
                folders |= dict.fromkeys(self._above[change.path.rpartition("/")[0]])
            for folder in folders:
                if folder.is_dir():
                    flush_folder(folder)

    def _put(self, source: Path, target: Path, digest: str) -> None:
        try:
            source.rename(target)
        except (FileNotFoundError, NotADirectoryError):
            if not os.path.lexists(source):  # renamed by a run that was cut off, or let go by `abandon`
                if _has(target, digest):
                    return
                raise
            target.parent.mkdir(mode=NEW_FOLDER, parents=True, exist_ok=True)
            source.rename(target)

    def is_new(self) -> bool:
        """Whether every file has its new content."""
        return all(_has(self._targets[number], change.new) for number, change in self._files)

    def is_old(self) -> bool:
        """Whether every file has its old content."""
        return all(_has(self._targets[number], change.old) for number, change in self._files)

    def tidy(self) -> None:
        """The new files are in their places; the old ones are kept for the way back."""
        with failing_as_step():
            remove_tree(self._work / "new")


def _has(path: Path, digest: str) -> bool:
    """Whether the file has this content; empty: whether nothing is there."""
    if not digest:
        return not os.path.lexists(path)
    return path.is_file() and not path.is_symlink() and file_digest(path) == digest


def _with_parents(root: Path, folder: str) -> tuple[Path, ...]:
    """A folder below `root`, and those above it that may have to be made for it, `root` included."""
    parts = PurePosixPath(folder)
    return tuple(dict.fromkeys(root / each for each in (parts, *parts.parents)))
