"""How a step is done and how it is taken back, told from the step alone. Pure.

One transaction holds neighbouring steps that are undone by their transaction; every other step has one of its own.
On MariaDB only statements that change rows can be in a transaction; everything else is announced before and
ticked off after.

A transaction that was committed is committed: when the gate fails later, such a step goes back by its own
statements backward, a correction by the rows that were kept, and everything else by the saved database.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from remediation.patch.errors import StepFailed
from remediation.patch.manifest import DatabaseStep, Undoing
from wire.sentence import sentence

ROWS_ONLY: Final = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"})
OWN_TRANSACTION: Final = frozenset(
    {"BEGIN", "COMMIT", "END", "ROLLBACK", "START", "SAVEPOINT", "RELEASE", "ABORT", "PREPARE", "XA"}
)
_BEFORE_WORD: Final = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/|;)*", re.DOTALL)
_WORD: Final = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True)
class Batch:
    """Steps that are done together. Not in a transaction: exactly one step."""

    steps: tuple[DatabaseStep, ...]
    in_transaction: bool

    @property
    def timeout_s(self) -> float:
        """For each of its statements."""
        return max(step.timeout_s for step in self.steps)


def digest_of(step: DatabaseStep) -> str:
    """What the step is, for its mark."""
    return hashlib.sha256(msgspec.json.encode(step)).hexdigest()


def first_word(statement: str) -> str:
    """The first word of a statement in capitals, after spaces and comments.

    >>> first_word("-- why" + chr(10) + "/* a */ update t SET x = 1"), first_word("(1)")
    ('UPDATE', '')
    """
    start = _BEFORE_WORD.match(statement)
    found = _WORD.match(statement, start.end() if start else 0)
    return found[0].upper() if found else ""


def changes_rows_only(step: DatabaseStep) -> bool:
    """Whether every statement, there and back, only changes rows."""
    return all(first_word(statement) in ROWS_ONLY for statement in (*step.forward, *step.backward))


def refuse_own_transactions(steps: Sequence[DatabaseStep]) -> None:
    """`StepFailed` for a step that would begin or end transactions by itself."""
    for step in steps:
        for statement in (*step.forward, *step.backward):
            if first_word(statement) in OWN_TRANSACTION:
                raise StepFailed(
                    sentence("the step {step} begins or ends a transaction by itself: {statement}",
                             step=step.name, statement=statement[:100])
                )  # fmt: skip


def batches(steps: Sequence[DatabaseStep], *, is_transactional: bool) -> Iterator[Batch]:
    """The steps in their order. `StepFailed` where a transaction is promised that the engine does not have."""
    together: list[DatabaseStep] = []
    for step in steps:
        in_transaction = is_transactional or changes_rows_only(step)
        wants = step.undoing is Undoing.TRANSACTION or step.correction is not None
        if wants and not in_transaction:
            raise StepFailed(
                sentence("the step {step} cannot be one transaction: MariaDB commits at once when a table is changed",
                         step=step.name)
            )  # fmt: skip
        if step.undoing is Undoing.TRANSACTION:
            together.append(step)
            continue
        if together:
            yield Batch(tuple(together), in_transaction=True)
            together = []
        yield Batch((step,), in_transaction=is_transactional or wants)
    if together:
        yield Batch(tuple(together), in_transaction=True)


def goes_back_by_restoring(step: DatabaseStep) -> bool:
    """Whether the way back of this step, once it is committed, is the saved database."""
    if step.undoing is Undoing.SNAPSHOT:
        return True
    if step.undoing is Undoing.NEVER or step.correction is not None:
        return False
    return not step.backward


def has_to_be_saved(step: DatabaseStep) -> bool:
    """Whether the database is saved before it. On MariaDB always: an unfinished step has no other way back."""
    return step.engine == "mariadb" or goes_back_by_restoring(step)
