"""A restore in place as a course that a crash cannot leave half done.

What is to come back is first unpacked into a folder of ours (`beside`), then moved over what is there. A
file next to that folder says what is meant and how far it is:

    (none)     nothing is going on
    unpacking  nothing of the host was changed; the next run throws away what was unpacked, and begins anew
    moving     everything is unpacked, whole and flushed; the next run goes on moving. Each move takes the file
               away from `beside`, so what is still there is what is left to do

The file goes last, when everything has been flushed. So the only mixture of old and new is that between two
moves of a run, and the next run of any restore in place ends it before it does anything else.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from remediation.backup.errors import RestoreBroken, RestoreRefused
from remediation.backup.flushing import flush_file_systems
from remediation.backup.model import Restored, Step, Tell
from remediation.backup.moving import move, move_folder, put_on
from remediation.backup.policy_file import is_below
from remediation.durable import flush_folder, write_durably
from wire.sentence import sentence

INTENT: Final = ".intent"


class Intent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a restore in place is about, and how far it is."""

    state: Literal["unpacking", "moving"]
    snapshot: str
    paths: list[str]
    root: str
    files: int = 0
    size_bytes: int = 0


class Course:
    """The restore in place whose folder is `beside`."""

    def __init__(self, beside: Path, root: Path) -> None:
        self._beside = beside
        self._root = root
        self._path = beside.with_name(beside.name + INTENT)

    def open_intent(self) -> Intent | None:
        """What a run before left to be done: only a move that broke off. What was only unpacked is thrown away."""
        try:
            intent = msgspec.json.decode(self._path.read_bytes(), type=Intent)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            words = sentence("{path} cannot be read: {problem}", path=self._path, problem=error)
            raise RestoreRefused(words) from error
        if intent.state == "moving" and Path(intent.root) == self._root:
            return intent
        self.drop()
        return None

    def begin(self, snapshot: str, paths: Sequence[str]) -> Intent:
        """Write down what is meant."""
        intent = Intent("unpacking", snapshot, list(paths), str(self._root))
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._note(intent)
        return intent

    def unpacked(self, intent: Intent, restored: Restored) -> Intent:
        """Everything is there: flushed, then written down."""
        flush_file_systems([self._beside])
        whole = msgspec.structs.replace(intent, state="moving", files=restored.files, size_bytes=restored.size_bytes)
        self._note(whole)
        return whole

    def drop(self) -> None:
        """Nothing was moved: away with it."""
        shutil.rmtree(self._beside, ignore_errors=True)
        self._end()

    def finish(self, intent: Intent, tell: Tell) -> Restored:
        """Move what is still there, flush, and forget the intent. `RestoreBroken` when the disk fails."""
        try:
            flushed = {self._root}
            for number, folder in enumerate(self._moves(intent), 1):
                flushed.add(folder)
                tell(Step("replacing", done_files=number, total_files=intent.files))
            flush_file_systems(_one_of_each(flushed))
            shutil.rmtree(self._beside, ignore_errors=True)
            self._end()
        except OSError as error:
            raise RestoreBroken(
                sentence(
                    "the restore broke off while files were replaced ({problem}); mend that, then run it again: it "
                    "goes on where it was",
                    problem=error.strerror or str(error),
                )
            ) from error
        return Restored(intent.files, intent.size_bytes)

    def touched(self) -> set[str]:
        """The paths of files that are still to be replaced."""
        found = set[str]()
        for folder, _, names in os.walk(self._beside):
            below = Path(folder).relative_to(self._beside)
            found.update(str(self._root / below / name) for name in names)
        return found

    def _moves(self, intent: Intent) -> Iterator[Path]:
        if self._beside.is_dir():
            yield from _move_over(self._beside, self._root, intent.paths)

    def _note(self, intent: Intent) -> None:
        write_durably(self._path, msgspec.json.encode(intent))

    def _end(self) -> None:
        self._path.unlink(missing_ok=True)
        if self._path.parent.is_dir():
            flush_folder(self._path.parent)


def _move_over(source: Path, target: Path, wanted: Sequence[str], at: str = "") -> Iterator[Path]:
    """Each entry over the one of its name; a link where a folder has to be is replaced, never followed.

    Folders above what was `wanted` only lead there and stay as they are: their copies below `source` were
    made on the way and have nobody's mode. The folder of each move is told.
    """
    for path in sorted(source.iterdir()):
        to, name = target / path.name, f"{at}/{path.name}"
        if path.is_dir() and not path.is_symlink():
            if to.is_symlink() or (to.exists() and not to.is_dir()):
                to.unlink()
            if not to.is_dir() and move_folder(path, to):
                yield target
                continue
            yield from _move_over(path, to, wanted, name)
            if any(is_below(name, each) for each in wanted):
                put_on(path, to)
            continue
        if to.is_dir() and not to.is_symlink():
            shutil.rmtree(to)
        move(path, to)
        yield target


def _one_of_each(folders: set[Path]) -> list[Path]:
    """One folder of each file system."""
    found: dict[int, Path] = {}
    for folder in folders:
        found.setdefault(folder.stat().st_dev, folder)
    return list(found.values())
