"""Where a sample stands in the history when the clock of its host is off.

A sample keeps the time of its host: after a week without a connection the week is filled in as it was. Two times
cannot be right. A clock that is ahead would put samples where nobody looks and where the next ones are expected: when
the newest sample of a delivery lies in the future, the whole delivery is moved back together, so that the newest
stands at its arrival and the distances stay. And what is older than anything that is kept is left out.

>>> from datetime import UTC, datetime
>>> at = datetime(2026, 11, 24, tzinfo=UTC)
>>> move_back([at + timedelta(days=3)], at)
datetime.timedelta(days=3)
>>> move_back([at + timedelta(seconds=20)], at)
datetime.timedelta(0)
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

AHEAD = timedelta(minutes=10)  # signatures are refused at five minutes; a sample may wait for its batch no less
OLDEST = timedelta(days=400)  # older ones come from a clock that was never set


def move_back(sampled_at: Iterable[datetime], received_at: datetime) -> timedelta:
    """By how much the samples of one delivery are moved back; nothing unless a clock is ahead."""
    ahead = max(sampled_at) - received_at
    return ahead if ahead > AHEAD else timedelta()


def is_too_old(sampled_at: datetime, received_at: datetime) -> bool:
    """Whether a sample is older than any history."""
    return sampled_at < received_at - OLDEST
