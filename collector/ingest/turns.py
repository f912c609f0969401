"""Whose batch is written next, pure.

Two lines: *urgent* (somebody waits for it) and *routine*. In each line the sites take turns, one batch each,
so that a site with a thousand batches does not stand in front of a site with one; the batches of one site
keep their order. A group takes from the urgent line first, and leaves the routine line a quarter of its room:
nothing starves. It is bounded in batches and in units of work, so that a batch that comes now is never behind
more than one group of any size.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

GROUP: Final = 256  # batches in one commit: beyond this the gain is gone (measured)
ROUTINE_SHARE: Final = 0.25

T = TypeVar("T")


@dataclass(frozen=True)
class Turn(Generic[T]):
    """One batch that waits, since when, and what it costs."""

    item: T
    site: str
    urgent: bool
    units: int
    size_bytes: int
    since: float


class Turns(Generic[T]):
    """What waits. Not safe to share between threads: the caller has a lock."""

    def __init__(self) -> None:
        self._urgent: OrderedDict[str, deque[Turn[T]]] = OrderedDict()
        self._routine: OrderedDict[str, deque[Turn[T]]] = OrderedDict()
        self._arrivals: OrderedDict[int, float] = OrderedDict()  # since when each waits, the first one first
        self._sites: dict[str, int] = {}  # units by site
        self.units = 0
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._arrivals)

    @property
    def oldest_since(self) -> float | None:
        """Since when the batch waits that has waited longest."""
        return next(iter(self._arrivals.values()), None)

    @property
    def sites(self) -> int:
        """How many sites have something waiting."""
        return len(self._sites)

    def units_of(self, site: str) -> int:
        """The work that waits of one site."""
        return self._sites.get(site, 0)

    def add(self, turn: Turn[T]) -> None:
        """Stand at the end of the site's line."""
        line = self._urgent if turn.urgent else self._routine
        line.setdefault(turn.site, deque()).append(turn)
        self._arrivals[id(turn)] = turn.since
        self._sites[turn.site] = self._sites.get(turn.site, 0) + turn.units
        self.units += turn.units
        self.size_bytes += turn.size_bytes

    def take(self, most_units: int) -> list[Turn[T]]:
        """The next group, in the order in which it is to be written; empty when nothing waits.

        It has at most one batch more than `most_units` of work.
        """
        group: list[Turn[T]] = []
        share = 1 - ROUTINE_SHARE if self._routine else 1.0
        units = self._move(self._urgent, group, int(GROUP * share), int(most_units * share), 0)
        units = self._move(self._routine, group, GROUP, most_units, units)
        self._move(self._urgent, group, GROUP, most_units, units)
        return group

    def _move(
        self, line: OrderedDict[str, deque[Turn[T]]], group: list[Turn[T]], jobs: int, most_units: int, units: int
    ) -> int:
        """Move from a line into the group until it has so many batches or units; gives the units in it."""
        while line and len(group) < jobs and (units < most_units or not group):
            site, waiting = next(iter(line.items()))
            turn = waiting.popleft()
            if waiting:
                line.move_to_end(site)
            else:
                del line[site]
            group.append(turn)
            units += turn.units
            self._leave(turn)
        return units

    def _leave(self, turn: Turn[T]) -> None:
        del self._arrivals[id(turn)]
        left = self._sites[turn.site] - turn.units
        if left:
            self._sites[turn.site] = left
        else:
            del self._sites[turn.site]
        self.units -= turn.units
        self.size_bytes -= turn.size_bytes
