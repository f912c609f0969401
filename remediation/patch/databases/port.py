"""What stepping through a patch needs from one database engine."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Protocol

from remediation.backup.rescue.tables import Database
from remediation.backup.sources.port import Source

LOCK_WAIT_S: Final = 10  # for somebody who holds a table although the services stand still


class Session(Protocol):
    """One connection. What the engine complains about becomes `StepFailed`, also when the server goes away."""

    def begin(self, timeout_s: float) -> None:
        """Begin a transaction in which no statement takes longer than this."""

    def commit(self) -> None:
        """End the transaction that `begin` began; `StepFailed` when a statement ended it by itself."""

    def roll_back(self) -> None:
        """Nothing of the transaction was done."""

    def run(self, statement: str, timeout_s: float | None = None) -> int:
        """Run exactly one statement; rows that it changed, -1 where the engine does not say."""

    def ask(self, statement: str) -> Sequence[tuple[Any, ...]]:
        """All rows of a small answer."""


class Engine(Protocol):
    """One database."""

    @property
    def kind(self) -> str:
        """As in the manifest."""

    @property
    def is_transactional(self) -> bool:
        """Whether changes of tables themselves belong to a transaction."""

    @property
    def marks(self) -> str:
        """The table of marks, as it stands in a statement."""

    def opened(self) -> AbstractContextManager[Session]:
        """A connection for the length of a block."""

    def rows(self) -> Database:
        """For the shape of tables."""

    def source(self, name: str) -> Source:
        """For saving it."""

    def size_bytes(self, session: Session) -> int:
        """How large it is now; a dump of it is about so large."""

    def has_marks(self, session: Session) -> bool:
        """Whether the table of marks is there."""

    def refuse_untransacted(self, session: Session) -> None:
        """`StepFailed` where some table knows no transactions."""

    def prepare_undo(self, session: Session) -> None:
        """Before rows are written back as they were read."""

    def settle(self, session: Session) -> None:
        """What was committed is on the disk afterwards."""

    def put_back(self, dump: Path) -> None:
        """Replace the database by what `source` saved; may be repeated after a crash at any point."""
