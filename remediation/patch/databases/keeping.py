"""What was saved of a database right before its change: whole on the disk, read again, and put back from there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import msgspec

from remediation.backup.manifest import DatabaseFacts
from remediation.backup.model import Step
from remediation.backup.scratch.bench import refuse_damaged
from remediation.durable import PRIVATE_FOLDER, flush_folder, write_durably
from remediation.patch.databases.port import Engine
from remediation.patch.errors import StepFailed
from wire.sentence import sentence

FACTS: Final = "facts.json"
DUMP: Final = "dump"
REPLAYING: Final = "replaying"  # while it is there, the live database may be half put back


class Kept:
    """The folder of one database in what an attempt keeps."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder / name
        self._name = name

    @property
    def is_replaying(self) -> bool:
        """Whether putting back was begun and not finished."""
        return (self._folder / REPLAYING).exists()

    def image(self, step: str) -> Path:
        """The file for the rows of a correction; its folder is there."""
        self._make()
        return self._folder / f"{step}.rows"

    def save(self, engine: Engine) -> None:
        """Save the database; it counts when the file of facts is there, which is written last."""
        self._make()
        dump = self._folder / DUMP
        (self._folder / FACTS).unlink(missing_ok=True)
        shutil.rmtree(dump, ignore_errors=True)
        dump.mkdir(mode=PRIVATE_FOLDER)
        facts = engine.source(self._name).save(dump, _tell)
        for name in facts.files:
            _flush(dump / name)
        flush_folder(dump)
        flush_folder(self._folder)
        refuse_damaged(facts, dump)
        write_durably(self._folder / FACTS, msgspec.json.encode(facts))

    def put_back(self, engine: Engine) -> None:
        """Restore it; after a crash in between `is_replaying` says that it has to be done again."""
        try:
            facts = msgspec.json.decode((self._folder / FACTS).read_bytes(), type=DatabaseFacts)
        except (FileNotFoundError, msgspec.DecodeError) as error:
            words = sentence("the database {name} was not saved before its change", name=self._name)
            raise StepFailed(words) from error
        refuse_damaged(facts, self._folder / DUMP)
        note = self._folder / REPLAYING
        write_durably(note, b"")
        engine.put_back(self._folder / DUMP)
        note.unlink()
        flush_folder(self._folder)

    def _make(self) -> None:
        for folder in (self._folder.parent, self._folder):
            if not folder.exists():
                folder.mkdir(mode=PRIVATE_FOLDER, parents=True)
                flush_folder(folder.parent)


def _flush(path: Path) -> None:
    """To the disk, and out of memory, so that reading it again asks the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _tell(step: Step) -> None:
    """Nobody watches."""
