"""Which sequences of one (agent, epoch) have been applied: exact for ever, in a few numbers; pure.

`mark` is the highest sequence below which all are applied; `above` are the few applied beyond a
hole. A hole fills when the missing batch comes; then the mark swallows what follows.

>>> place(3, frozenset({5}), 4)
Placed(mark=5, duplicate=False, added=None, removed=(5,))
>>> place(3, frozenset(), 7)
Placed(mark=3, duplicate=False, added=7, removed=())
>>> place(3, frozenset({5}), 5).duplicate
True
"""

from __future__ import annotations

from dataclasses import dataclass

ABOVE_MAX = 1_000  # an agent sends one batch at a time; so many holes are a defect of the sender


class TooFarAhead(Exception):
    """More sequences beyond a hole than are kept; the sender has to fill the hole first."""


@dataclass(frozen=True)
class Placed:
    """The new mark, and what changes above it."""

    mark: int
    duplicate: bool = False
    added: int | None = None
    removed: tuple[int, ...] = ()


def moved(above: frozenset[int], placed: Placed) -> frozenset[int]:
    """What is applied above the mark after this."""
    added = above if placed.added is None else above | {placed.added}
    return added - frozenset(placed.removed) if placed.removed else added


def place(mark: int, above: frozenset[int], sequence: int) -> Placed:
    """Where `sequence` (from 1) belongs; `TooFarAhead` when there is no room for it above the mark."""
    if sequence <= mark or sequence in above:
        return Placed(mark, duplicate=True)
    if sequence > mark + 1:
        if len(above) >= ABOVE_MAX:
            raise TooFarAhead(f"{len(above)} sequences wait above {mark}")
        return Placed(mark, added=sequence)
    top = sequence
    while top + 1 in above:
        top += 1
    return Placed(top, removed=tuple(range(sequence + 1, top + 1)))
