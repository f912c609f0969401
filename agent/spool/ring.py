"""What the agent itself has to say while the disk takes nothing, in memory, pure.

A line of a log can be read again, so its position waits on the disk and nothing of it is kept here. A sample of
the host's health, a fault of a probe and a gap cannot: they wait here until the disk takes them, oldest first.
There are `RECORDS` places. Health samples give way first, the oldest ones, and are counted in a gap; faults and gaps
never do: once they fill all places, no more is taken, and who brings one keeps it and comes again.

What is here is lost with the process. So are the threshold states that belong to it, and a fault that
still lasts is found again by the next start.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import datetime
from typing import Final

from agent.spool.port import Deposit
from wire.messages import Gap, GapCause, Health

RECORDS: Final = 500  # about 2 MB: eight hours of samples, one a minute


class Ring:
    """Deposits of the agent's own, at most `RECORDS` records of them."""

    def __init__(self, records: int = RECORDS) -> None:
        self._limit = records
        self._said: list[Deposit] = []  # faults and gaps
        self._samples: deque[Health] = deque()
        self._levels: dict[str, str] = {}
        self._history: dict[tuple[str, int], float] = {}
        self._lost: list[datetime] = []  # first and last time of the samples that gave way
        self._lost_count = 0

    def __len__(self) -> int:
        """How many records wait here."""
        return len(self._samples) + sum(len(said.events) + len(said.gaps) for said in self._said)

    def keep(self, deposit: Deposit) -> bool:
        """Take all of it, or nothing; False when it can be had again, or there is no place for it."""
        if not _is_only_ours(deposit):
            return False
        said = len(deposit.events) + len(deposit.gaps)
        if len(self) - len(self._samples) + said > self._limit:
            return False
        if said:
            self._said.append(replace(deposit, health=None, levels=(), history=()))
        if deposit.health is not None:
            self._samples.append(deposit.health)
        self._levels.update(deposit.levels)
        self._history.update({(series, slot): peak for series, slot, peak in deposit.history})
        while len(self) > self._limit:
            self._lose(self._samples.popleft())
        return True

    def deposits(self) -> list[Deposit]:
        """Everything, in the order in which it came; health and what was lost at the end."""
        history = [(series, slot, peak) for (series, slot), peak in self._history.items()]
        state = Deposit(levels=list(self._levels.items()), history=history, gaps=self._gaps())
        return [*self._said, *(Deposit(health=sample) for sample in self._samples), state]

    def _lose(self, sample: Health) -> None:
        self._lost = [*self._lost[:1], sample.sampled_at]
        self._lost_count += 1

    def _gaps(self) -> list[Gap]:
        if not self._lost:
            return []
        since, until = min(self._lost), max(self._lost)
        return [
            Gap(
                cause=GapCause.SPOOL_FULL,
                source="health",
                noticed_at=until,
                since=since,
                until=until,
                records_lost=self._lost_count,
                detail="the disk took nothing, and memory for it is bounded",
            )
        ]


def _is_only_ours(deposit: Deposit) -> bool:
    """Whether nothing else brings it again: who reads logs, carries proofs or lists software does."""
    again = (deposit.cursors, deposit.forgotten, deposit.proofs, deposit.software, deposit.evidence, deposit.unknowns)
    return not any(again) and deposit.inventory is None and deposit.ending is None
