"""How long a name and an address wait after failed log-ins.

Each failure beyond the free ones doubles the wait: 1, 2, 4 ... seconds. A name waits a minute at
most, so that a stranger cannot lock a person out for long; an address waits up to a quarter of an
hour. A name that does not exist is counted like one that does: the wait tells nothing.

>>> [wait_s(count, FREE_NAME, NAME_MAX_S) for count in (4, 5, 6, 7, 20)]
[0, 1, 2, 4, 60]
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

WINDOW_S = 3_600  # failures older than this are forgotten
FREE_NAME = 5  # people mistype
FREE_ADDRESS = 20  # an office shares one address
NAME_MAX_S = 60
ADDRESS_MAX_S = 900


def wait_s(failures: int, free: int, longest_s: int) -> int:
    """Seconds to wait after the newest of so many failures."""
    over = failures - free
    return 0 if over < 0 else min(longest_s, 2 ** min(over, 30))


def next_try_at(by_name: Sequence[datetime], by_address: Sequence[datetime], now: datetime) -> datetime:
    """The instant from which a log-in is looked at again; `now` or earlier means at once."""
    return max(
        _until(by_name, FREE_NAME, NAME_MAX_S, now),
        _until(by_address, FREE_ADDRESS, ADDRESS_MAX_S, now),
    )


def _until(failures: Sequence[datetime], free: int, longest_s: int, now: datetime) -> datetime:
    return max(failures, default=now) + timedelta(seconds=wait_s(len(failures), free, longest_s)) if failures else now
