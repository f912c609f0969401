"""A correction of rows: exactly the rows that it names, as many as it says, and each of them kept as it was.

In one transaction: read and lock the rows that `rows_of` names, count them, do the statements, read the rows again.
It counts only when the number is within the bounds, every named row is another one now, no statement changed
more rows than were named, and the table has no row more or less than those that went away. The rows as they were and
as they are now are on the disk before the commit. Undoing puts each row back only where it still is what the
correction made of it; otherwise nothing is put back at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from remediation.backup.rescue.correction import Head, as_statements, lines_of, read_correction, write_correction
from remediation.backup.rescue.dialects import DIALECTS
from remediation.backup.rescue.model import Difference, Kind, Row, TableShape
from remediation.backup.rescue.statements import Dialect, table
from remediation.durable import flush_folder
from remediation.patch.databases.port import Engine, Session
from remediation.patch.errors import StepFailed
from remediation.patch.manifest import Correction, DatabaseStep
from wire.sentence import sentence

ROWS: Final = 100_000  # of one correction: they are in memory; more is a migration, with a saved database behind it
AT_ONCE: Final = 100  # rows that one question names


def correct(engine: Engine, session: Session, step: DatabaseStep, correction: Correction, image: Path) -> str:
    """Do it in the open transaction and keep the rows in the file `image`; its digest. `StepFailed`: roll back."""
    reader = _Reader(engine, session, correction)
    before = reader.chosen()
    _demand_bounds(step, correction, len(before))
    total = reader.total()
    touched = [session.run(statement, step.timeout_s) for statement in step.forward]
    differences = reader.differences(before)
    gone = sum(found.now is None for found in differences)
    if len(differences) != len(before) or max(touched) > len(before) or reader.total() != total - gone:
        raise StepFailed(
            sentence("the step {step} changed other rows than it names ({named} named, {changed} of them changed)",
                     step=step.name, named=len(before), changed=len(differences))
        )  # fmt: skip
    return _keep(image, Head(engine=engine.kind, database=step.database, snapshot="", table=reader.shape), differences)


def undo(engine: Engine, session: Session, step: DatabaseStep, image: Path, digest: str) -> None:
    """Put back exactly these rows; `StepFailed` when one of them was changed since."""
    head, tail = read_correction(image)
    if tail.sha256 != digest:
        raise StepFailed(sentence("{path} is not what was kept of the step {step}", path=image, step=step.name))
    engine.prepare_undo(session)
    for statement in as_statements(DIALECTS[engine.kind], head, lines_of(image, head)):
        if session.run(statement) != 1:
            raise StepFailed(
                sentence("a row that the step {step} corrected was changed since, so nothing is put back: {statement}",
                         step=step.name, statement=statement[:500])
            )  # fmt: skip


class _Reader:
    """Reads rows of the corrected table as texts."""

    def __init__(self, engine: Engine, session: Session, correction: Correction) -> None:
        self.shape: TableShape = engine.rows().shape(correction.table.split("."))
        self._session = session
        self._correction = correction
        self._dialect: Dialect = DIALECTS[engine.kind]
        self._lock = "" if engine.kind == "sqlite" else " FOR UPDATE"  # there the whole file is ours

    def chosen(self) -> list[Row]:
        """The rows that the correction names, one more than are allowed at the most."""
        keys = ", ".join(self._dialect.quoted(column.name) for column in self.shape.key)
        named = self._correction.rows_of.rstrip().removesuffix(";")
        limit = min(self._correction.rows_max, ROWS) + 1
        where = f"({keys}) IN (SELECT {keys} FROM ({named}) AS chosen)"
        return self._rows(f"{where} LIMIT {limit}{self._lock}")

    def total(self) -> int:
        """Rows of the whole table."""
        return int(self._session.ask(f"SELECT count(*) FROM {table(self._dialect, self.shape)}")[0][0])

    def differences(self, before: Sequence[Row]) -> list[Difference]:
        """What became of these rows; only those that are not the same."""
        found: list[Difference] = []
        for start in range(0, len(before), AT_ONCE):
            some = before[start : start + AT_ONCE]
            now = {self._key(row): row for row in self._rows(" OR ".join(map(self._is, some)))}
            found += _compared((row, now.get(self._key(row))) for row in some)
        return found

    def _rows(self, where: str) -> list[Row]:
        texts = ", ".join(self._dialect.text_of(column) for column in self.shape.columns)
        return [
            tuple(row)
            for row in self._session.ask(f"SELECT {texts} FROM {table(self._dialect, self.shape)} WHERE {where}")
        ]

    def _key(self, row: Row) -> Row:
        return tuple(text for column, text in zip(self.shape.columns, row, strict=True) if column.key)

    def _is(self, row: Row) -> str:
        pairs = [(column, text) for column, text in zip(self.shape.columns, row, strict=True) if column.key]
        return f"({' AND '.join(self._dialect.finds(column, text) for column, text in pairs)})"


def _compared(pairs: Iterator[tuple[Row, Row | None]]) -> Iterator[Difference]:
    for then, now in pairs:
        if then != now:
            yield Difference(Kind.DELETED if now is None else Kind.CHANGED, then, now)


def _demand_bounds(step: DatabaseStep, correction: Correction, found: int) -> None:
    least, most = correction.rows_min, min(correction.rows_max, ROWS)
    if not least <= found <= most:
        raise StepFailed(
            sentence("the step {step} would change {count} rows (or more), and only {least} to {most} are expected",
                     step=step.name, count=found, least=least, most=most)
        )  # fmt: skip


def _keep(image: Path, head: Head, differences: Sequence[Difference]) -> str:
    """On the disk and read again, before anything is committed."""
    image.unlink(missing_ok=True)
    tail = write_correction(image, head, differences)
    with image.open("rb") as file:
        os.fsync(file.fileno())
    flush_folder(image.parent)
    if read_correction(image)[1] != tail:
        raise StepFailed(sentence("{path} is not as it was written", path=image))
    return tail.sha256
