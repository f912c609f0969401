"""The gate that reports less: an `Intake` in front of the one that redacts.

What is left out is counted in the same commit that stores the rest, so that a crash forgets neither; the
counts leave as a gap when somebody calls `report`. At the last step whatever comes of logs is refused as by a
full spool: positions stand, the readers stop reading, which is what saves the processor, and go on where
they were. Nothing is lost by that unless a log is rotated away meanwhile, and that is a gap of its own.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from agent.budgets.state import Step
from agent.budgets.thinning import Withheld, is_of_logs, thinned
from agent.spool.port import Cursor, Deposit, Intake, SpoolFull
from wire.messages import Event

WITHHELD_KEY: Final = "budget:withheld"  # among the stored threshold states


class BudgetIntake:
    """Safe to call from several threads; `step` may be set by another one."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._lock = threading.Lock()
        self.step = Step.FULL
        self.withheld = _read(intake.levels().get(WITHHELD_KEY, ""))  # not reported yet

    def cursors(self, source: str) -> list[Cursor]:
        """Every file of this source that is known."""
        return self._intake.cursors(source)

    def levels(self) -> dict[str, str]:
        """The stored threshold states."""
        return self._intake.levels()

    def first_start_seen(self, source: str) -> bool:
        """Whether this source has been read before; false exactly once, at its first start."""
        return self._intake.first_start_seen(source)

    def deposit(self, deposit: Deposit) -> None:
        """Store what the step allows of `deposit`; `SpoolFull` when nothing was stored."""
        step = self.step
        if step is Step.HEARTBEAT and is_of_logs(deposit):
            raise SpoolFull("the budget is spent, logs wait where they are")
        thin, left_out = thinned(deposit, step)
        if not left_out:
            self._intake.deposit(thin)
            return
        with self._lock:
            withheld = self.withheld.plus(left_out)
            kept = (WITHHELD_KEY, msgspec.json.encode(withheld).decode())
            self._intake.deposit(dataclasses.replace(thin, levels=[*thin.levels, kept]))
            self.withheld = withheld

    def report(self, events: Sequence[Event], levels: Sequence[tuple[str, str]], now: datetime) -> None:
        """Store these, and what was left out since the last report as a gap; `SpoolFull` when nothing was stored."""
        with self._lock:
            gaps = [self.withheld.gap(now)] if self.withheld else []
            told = [(WITHHELD_KEY, "")] if gaps else []
            self._intake.deposit(Deposit(events=events, gaps=gaps, levels=[*levels, *told]))
            self.withheld = Withheld()


def _read(stored: str) -> Withheld:
    try:
        return msgspec.json.decode(stored, type=Withheld) if stored else Withheld()
    except msgspec.DecodeError:
        return Withheld()
