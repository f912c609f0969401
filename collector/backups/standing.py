"""Whether a host's backup is proven. Pure: this file alone decides what is green.

Green takes a good drill of level 3 or 4 that is younger than the allowed age, and no level whose newest drill failed:
hosts raise and clear their tickets level by level too. What is not known is not green. A drill of a lower level that
fails takes the green away as well: a damaged pack is no less damaged because yesterday's databases were in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

PROVEN_LEVEL: Final = 3  # below it nobody knows whether the data means anything


class Standing(StrEnum):
    """How far a backup can be relied on."""

    PROVEN = "proven"
    FAILED = "failed"  # a drill found something since
    OLD = "old"  # proven once, too long ago
    UNPROVEN = "unproven"  # there are proofs, and none of level 3
    UNKNOWN = "unknown"  # the host has told nothing


@dataclass(frozen=True)
class Drill:
    """One drill. `at` is when it ended, by a clock that cannot be ahead of the collector's."""

    level: int
    is_good: bool
    at: datetime


@dataclass(frozen=True)
class Verdict:
    """What is shown, and until when it stays so without another drill."""

    standing: Standing
    proven_at: datetime | None = None
    green_until: datetime | None = None

    @property
    def is_green(self) -> bool:
        """Only what is proven is green."""
        return self.standing is Standing.PROVEN


def judge(drills: Iterable[Drill], now: datetime, allowed: timedelta, *, has_proofs: bool) -> Verdict:
    """The verdict over a host's drills, in any order. A proof of exactly the allowed age counts no more."""
    found = sorted(drills, key=lambda drill: drill.at)
    good = [drill for drill in found if drill.is_good and drill.level >= PROVEN_LEVEL and drill.at <= now]
    proven_at = good[-1].at if good else None
    until = None if proven_at is None else proven_at + allowed
    if _is_failing(found):
        return Verdict(Standing.FAILED, proven_at, None)
    if proven_at is None or until is None:
        return Verdict(Standing.UNPROVEN if found or has_proofs else Standing.UNKNOWN)
    if now >= until:
        return Verdict(Standing.OLD, proven_at, until)
    return Verdict(Standing.PROVEN, proven_at, until)


def _is_failing(found: list[Drill]) -> bool:
    """Whether a failure stands: no drill of its level was good after it. At the same instant the failure counts."""
    return any(
        not drill.is_good
        and not any(later.is_good and later.level == drill.level and later.at > drill.at for later in found)
        for drill in found
    )


def site_is_green(hosts: Sequence[Verdict]) -> bool:
    """A site is green when it has hosts and each of them is: one that tells nothing is no exception."""
    return bool(hosts) and all(verdict.is_green for verdict in hosts)
