"""The databases of this host that a patch may name, each behind its engine.

Databases are worked on one after the other, in the order in which the manifest first names them, and go back in
the opposite order. Within one database the order of the manifest holds.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from remediation.backup.errors import BackupError
from remediation.backup.programs import Programs
from remediation.patch.databases.mariadb import Mariadb
from remediation.patch.databases.port import Engine
from remediation.patch.databases.postgresql import Postgresql
from remediation.patch.databases.settings import DatabaseSetting
from remediation.patch.databases.sqlite import Sqlite
from remediation.patch.databases.stepping import Stepping, stepping_of
from remediation.patch.errors import PatchRefused, StepFailed
from remediation.patch.manifest import DatabaseStep
from wire.sentence import sentence

ANY_PATCH = "-"  # where no mark is read or written


class HostDatabases:
    """`Databases` of the local settings."""

    def __init__(
        self, settings: Mapping[str, DatabaseSetting], programs: Programs, monotonic: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._programs = programs
        self._monotonic = monotonic

    def check(self, steps: Sequence[DatabaseStep], into: Path) -> None:
        """Whether the steps fit, each database answers, and what is saved of it has room on the disk of `into`.

        `PatchRefused`.
        """
        self.demand_named(steps)
        try:
            with _told():
                needed = sum(each.check() for each in self._each(ANY_PATCH, steps, into))
        except StepFailed as failure:
            raise PatchRefused(failure.why) from failure
        free = shutil.disk_usage(_existing(into)).free
        if needed > free:
            raise PatchRefused(
                sentence("the databases are saved to {path} first, which needs {needed} bytes; {free} are free",
                         path=into, needed=needed, free=free)
            )  # fmt: skip

    def demand_named(self, steps: Sequence[DatabaseStep]) -> None:
        """Whether the settings name every database with that engine; `PatchRefused`. Asks nobody."""
        for step in steps:
            setting = self._settings.get(step.database)
            if setting is None:
                raise PatchRefused(sentence("the settings of this host name no database {name}", name=step.database))
            if setting.engine != step.engine:
                raise PatchRefused(
                    sentence("the database {name} is {engine} on this host, and the patch is for {other}",
                             name=step.database, engine=setting.engine, other=step.engine)
                )  # fmt: skip

    def save(self, steps: Sequence[DatabaseStep], into: Path) -> None:
        """Save what may have to be restored."""
        with _told():
            for each in self._each(ANY_PATCH, steps, into):
                each.save()

    def restore(self, steps: Sequence[DatabaseStep], out_of: Path) -> None:
        """Put it back."""
        with _told():
            for each in reversed(self._each(ANY_PATCH, steps, out_of)):
                each.restore()

    def forward(self, patch: str, steps: Sequence[DatabaseStep], kept: Path) -> None:
        """Do all steps."""
        with _told():
            for each in self._each(patch, steps, kept):
                each.forward()

    def is_done(self, patch: str, steps: Sequence[DatabaseStep]) -> bool:
        """Whether all are marked as done."""
        with _told():
            return all(each.is_done() for each in self._each(patch, steps, Path("/nonexistent")))

    def backward(self, patch: str, steps: Sequence[DatabaseStep], kept: Path) -> None:
        """Take back what is marked as done."""
        with _told():
            for each in reversed(self._each(patch, steps, kept)):
                each.backward()

    def _each(self, patch: str, steps: Sequence[DatabaseStep], kept: Path) -> list[Stepping]:
        self.demand_named(steps)
        names = list(dict.fromkeys(step.database for step in steps))
        return [
            stepping_of(self._engine(name), patch, [step for step in steps if step.database == name], kept, name)
            for name in names
        ]

    def _engine(self, name: str) -> Engine:
        setting = self._settings[name]
        if setting.path is not None:
            return Sqlite(Path(setting.path), self._monotonic)
        if setting.engine == "postgresql":
            return Postgresql(setting.database, setting.login(), self._programs, setting.schema)
        return Mariadb(setting.database, setting.login(), self._programs)


def _existing(path: Path) -> Path:
    """It, or the nearest folder above that is there."""
    return next(each for each in (path, *path.parents) if each.exists())


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What saving and reading rows complain about fails the step."""
    try:
        yield
    except BackupError as error:
        raise StepFailed(error.why) from error
