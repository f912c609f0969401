"""What the readers of logs and health need of the spool, and no more.

The rule that makes gaps impossible to hide: the read position moves in the same commit that stores
what was read. So a reader hands over both at once, and when that fails neither has happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from wire.lives import Ending
from wire.messages import Event, Evidence, Gap, Health, Inventory, InventoryDiff, UnknownError
from wire.proofs import Proof


@dataclass(frozen=True)
class Cursor:
    """How far one file has been read.

    A file is device + inode + hash of its first bytes (`head_bytes` of them, at most 1,024: a file
    that was shorter when first seen keeps a shorter head). `generation` counts truncations, so that
    equal bytes at an equal offset after a truncation are a new occurrence. `position` is the byte
    after the last line that was taken; `line_number` counts the lines before it. Lines that begin
    before `history_until` stood there before the agent's first start.
    """

    source: str
    path: str
    device: int
    inode: int
    head_hash: str
    head_bytes: int
    generation: int
    position: int
    line_number: int
    history_until: int = 0


@dataclass(frozen=True)
class Deposit:
    """What one step of reading yields: all of it is stored, or nothing."""

    events: Sequence[Event] = ()
    evidence: Sequence[Evidence] = ()  # of events that were stored without it before
    unknowns: Sequence[UnknownError] = ()  # lines that look like errors and have no code, by template
    gaps: Sequence[Gap] = ()
    cursors: Sequence[Cursor] = ()
    forgotten: Sequence[Cursor] = ()  # files that are read to their end and gone
    levels: Sequence[tuple[str, str]] = ()  # threshold states: key, `firing` or `ok`; an empty state removes the key
    history: Sequence[tuple[str, int, float]] = ()  # for forecasts: series, slot, peak
    software: Sequence[InventoryDiff] = ()  # what was installed, changed or removed, in this order
    health: Health | None = None
    inventory: Inventory | None = None
    proofs: Sequence[Proof] = ()  # what was done here, heads of the chain that holds it, proofs of backup
    ending: Ending | None = None  # last words


class SpoolFull(Exception):
    """No room: nothing was stored, positions stand; try again later."""


class Intake(Protocol):
    """The spool as its writers see it. Safe to call from several threads."""

    def cursors(self, source: str) -> list[Cursor]:
        """Every file of this source that is known."""

    def levels(self) -> dict[str, str]:
        """The stored threshold states."""

    def first_start_seen(self, source: str) -> bool:
        """Whether this source has been read before; false exactly once, at its first start."""

    def deposit(self, deposit: Deposit) -> None:
        """Store all of `deposit` in one durable commit, folding equal events that still wait.

        Raises `SpoolFull` when there is no room, having stored nothing.
        """
