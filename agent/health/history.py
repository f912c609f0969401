"""The peaks that forecasts are made from: one value for every four hours, three weeks of them.

A slot is stored when it is over; the one under way is in memory alone, so a restart costs four hours
of one series at most.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from agent.health.forecast import SLOT_S, SLOTS, Point

SERIES: Final = 64  # more are not kept: 64 series of 126 values are 300 KB

Row = tuple[str, int, float]  # series, slot, peak


class History:
    """The series of this host."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._peaks: dict[str, dict[int, float]] = {}
        for series, slot, value in rows:
            self._peaks.setdefault(series, {})[slot] = value
        self._current: dict[str, int] = {}

    def note(self, series: str, at: datetime, value: float) -> list[Row]:
        """Take one value; gives the slot that is over by it, to be stored."""
        if series not in self._peaks and len(self._peaks) >= SERIES:
            return []
        slot = int(at.timestamp() // SLOT_S)
        peaks = self._peaks.setdefault(series, {})
        before = self._current.get(series)
        self._current[series] = slot
        peaks[slot] = max(value, peaks.get(slot, value))
        for old in [known for known in peaks if not slot - SLOTS < known <= slot]:  # above: the clock was set back
            del peaks[old]
        return [(series, before, peaks[before])] if before in peaks and before != slot else []

    def points(self, series: str) -> list[Point]:
        """The peaks of a series, oldest first."""
        return sorted(self._peaks.get(series, {}).items())
