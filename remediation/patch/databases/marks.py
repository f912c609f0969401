"""What was done, marked in the database itself: a row for each step of a patch, in the transaction of the step.

A step that cannot be in a transaction has its row as `intent` before it and as `done` after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from remediation.patch.databases.port import Engine, Session
from remediation.patch.databases.ways import digest_of
from remediation.patch.errors import StepFailed
from remediation.patch.manifest import DatabaseStep
from wire.sentence import sentence

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS {marks} (
  patch VARCHAR(64) NOT NULL, step VARCHAR(64) NOT NULL, digest CHAR(64) NOT NULL, state VARCHAR(8) NOT NULL,
  kept VARCHAR(64) NOT NULL DEFAULT '', at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (patch, step)
){options}
"""
_OPTIONS: Final[Mapping[str, str]] = MappingProxyType({"mariadb": " ENGINE=InnoDB"})


class MarkState(StrEnum):
    """How far a step is."""

    INTENT = "intent"  # it may have been done, wholly, in part or not at all
    DONE = "done"


@dataclass(frozen=True)
class Mark:
    """One step. `kept`: digest of the rows that were kept of a correction."""

    digest: str
    state: MarkState
    kept: str


class Marks:
    """The table of marks of one database. Names come from the manifest, whose patterns allow no quotes."""

    def __init__(self, engine: Engine, patch: str) -> None:
        self._engine = engine
        self._patch = patch
        self._table = engine.marks

    def make(self, session: Session) -> None:
        """The table, if it is not there."""
        if not self._engine.has_marks(session):
            session.run(_TABLE.format(marks=self._table, options=_OPTIONS.get(self._engine.kind, "")))

    def read(self, session: Session) -> dict[str, Mark]:
        """The marks of this patch by step."""
        if not self._engine.has_marks(session):
            return {}
        rows = session.ask(f"SELECT step, digest, state, kept FROM {self._table} WHERE patch = '{self._patch}'")
        return {str(step): Mark(str(digest), MarkState(state), str(kept)) for step, digest, state, kept in rows}

    def set(self, session: Session, step: DatabaseStep, state: MarkState) -> None:
        """A new mark."""
        session.run(
            f"INSERT INTO {self._table} (patch, step, digest, state)"
            f" VALUES ('{self._patch}', '{step.name}', '{digest_of(step)}', '{state}')"
        )

    def change(self, session: Session, step: DatabaseStep, state: MarkState, kept: str = "") -> None:
        """Another state."""
        session.run(f"UPDATE {self._table} SET state = '{state}', kept = '{kept}' WHERE {self._is(step)}")

    def remove(self, session: Session, step: DatabaseStep) -> None:
        """It is as if it had never been done."""
        session.run(f"DELETE FROM {self._table} WHERE {self._is(step)}")

    def _is(self, step: DatabaseStep) -> str:
        return f"patch = '{self._patch}' AND step = '{step.name}'"


def checked(step: DatabaseStep, mark: Mark) -> Mark:
    """The mark, if it is of exactly this step."""
    if mark.digest != digest_of(step):
        raise StepFailed(sentence("the database has a mark of another step {step} of this patch", step=step.name))
    return mark
