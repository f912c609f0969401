"""The steps of a patch on one database, there and back. Whoever was killed anywhere calls the same again.

There: what is marked as done is left out; an `intent` without its end is refused, because nobody knows.
Back: nothing marked, nothing to do. One marked step whose way back is the saved database, or an unfinished intent,
and the whole database is put back. Otherwise the steps go back in the opposite order, with their marks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from remediation.backup.stage import GROWTH
from remediation.patch.databases.correcting import correct, undo
from remediation.patch.databases.keeping import Kept
from remediation.patch.databases.marks import Mark, Marks, MarkState, checked
from remediation.patch.databases.port import Engine, Session
from remediation.patch.databases.ways import (
    Batch,
    batches,
    changes_rows_only,
    goes_back_by_restoring,
    has_to_be_saved,
    refuse_own_transactions,
)
from remediation.patch.errors import StepFailed
from remediation.patch.manifest import DatabaseStep, Undoing
from wire.sentence import sentence


class Stepping:
    """One database of one attempt; all `steps` are of this database."""

    def __init__(self, engine: Engine, patch: str, steps: Sequence[DatabaseStep], kept: Kept) -> None:
        self._engine = engine
        self._steps = steps
        self._kept = kept
        self._marks = Marks(engine, patch)

    def save(self) -> None:
        """Save the database, if its way back may need that."""
        if any(map(has_to_be_saved, self._steps)):
            self._kept.save(self._engine)

    def check(self) -> int:
        """Whether the steps fit the engine and the database answers; bytes that `save` will write. Changes nothing."""
        refuse_own_transactions(self._steps)
        list(batches(self._steps, is_transactional=self._engine.is_transactional))
        with self._engine.opened() as session:
            size = self._engine.size_bytes(session)
        return int(size * GROWTH) if any(map(has_to_be_saved, self._steps)) else 0

    def is_done(self) -> bool:
        """Whether every step is marked as done."""
        with self._engine.opened() as session:
            marks = self._marks.read(session)
        return all(
            step.name in marks and checked(step, marks[step.name]).state is MarkState.DONE for step in self._steps
        )

    # ------------------------------------------------------------ there

    def forward(self) -> None:
        """Do what is not done."""
        refuse_own_transactions(self._steps)
        with self._engine.opened() as session:
            self._marks.make(session)
            marks = self._marks.read(session)
            for step in self._steps:
                if step.name in marks and checked(step, marks[step.name]).state is MarkState.INTENT:
                    raise StepFailed(sentence("nobody knows how far the step {step} came", step=step.name))
            left = [step for step in self._steps if step.name not in marks]
            for batch in list(batches(left, is_transactional=self._engine.is_transactional)):
                if batch.in_transaction:
                    self._together(session, batch)
                else:
                    self._announced(session, batch.steps[0])
            self._engine.settle(session)

    def _together(self, session: Session, batch: Batch) -> None:
        self._engine.refuse_untransacted(session)
        with _transaction(session, batch.timeout_s):
            for step in batch.steps:
                self._marks.set(session, step, MarkState.DONE)
                if step.correction is not None:
                    image = self._kept.image(step.name)
                    digest = correct(self._engine, session, step, step.correction, image)
                    self._marks.change(session, step, MarkState.DONE, digest)
                else:
                    _run(session, step.forward, step.timeout_s)

    def _announced(self, session: Session, step: DatabaseStep) -> None:
        self._marks.set(session, step, MarkState.INTENT)
        _run(session, step.forward, step.timeout_s)
        self._marks.change(session, step, MarkState.DONE)

    # ------------------------------------------------------------ back

    def restore(self) -> None:
        """Put back what was saved, whatever happened since."""
        if any(map(has_to_be_saved, self._steps)):
            self._kept.put_back(self._engine)

    def backward(self) -> None:
        """Take back what is marked."""
        if self._kept.is_replaying or self._needs_restoring():
            self._kept.put_back(self._engine)
            return
        with self._engine.opened() as session:
            marks = self._marks.read(session)
            done = [step for step in reversed(self._steps) if step.name in marks]
            if self._engine.is_transactional and done:
                with _transaction(session, max(step.timeout_s for step in done)):
                    for step in done:
                        self._take_back(session, step, marks[step.name])
            elif done:
                self._one_by_one(session, done, marks)
            self._engine.settle(session)

    def _needs_restoring(self) -> bool:
        with self._engine.opened() as session:
            marks = self._marks.read(session)
        marked = [(step, checked(step, marks[step.name])) for step in self._steps if step.name in marks]
        never = [step.name for step, mark in marked if step.undoing is Undoing.NEVER and mark.state is MarkState.DONE]
        if never:
            raise StepFailed(sentence("the step {step} cannot be taken back", step=never[0]))
        return any(mark.state is MarkState.INTENT or goes_back_by_restoring(step) for step, mark in marked)

    def _one_by_one(self, session: Session, done: Sequence[DatabaseStep], marks: dict[str, Mark]) -> None:
        for step in done:
            if changes_rows_only(step):
                self._engine.refuse_untransacted(session)
                with _transaction(session, step.timeout_s):
                    self._take_back(session, step, marks[step.name])
            else:
                self._marks.change(session, step, MarkState.INTENT)  # from here on only the saved database is sure
                self._take_back(session, step, marks[step.name])

    def _take_back(self, session: Session, step: DatabaseStep, mark: Mark) -> None:
        if step.correction is not None:
            undo(self._engine, session, step, self._kept.image(step.name), mark.kept)
        else:
            _run(session, step.backward, step.timeout_s)
        self._marks.remove(session, step)


def _run(session: Session, statements: Sequence[str], timeout_s: float) -> None:
    for statement in statements:
        session.run(statement, timeout_s)


@contextmanager
def _transaction(session: Session, timeout_s: float) -> Iterator[None]:
    session.begin(timeout_s)
    try:
        yield
        session.commit()
    except BaseException:
        session.roll_back()
        raise


def stepping_of(engine: Engine, patch: str, steps: Sequence[DatabaseStep], folder: Path, database: str) -> Stepping:
    """The steps of one database, with its folder in what is kept."""
    return Stepping(engine, patch, steps, Kept(folder, database))
