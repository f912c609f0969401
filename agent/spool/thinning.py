"""Which old health samples are given up while the collector is away, pure.

The newest six hours stay as they are. Of what is older one sample in a quarter of an hour stays, and when even
those are too many one in an hour, so that the chart of a long outage is coarse and not empty. What stays is a sample as
it was measured: thresholds were judged on the host at every one, so no fault hides in those that are gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

FRESH: Final = 360  # samples, six hours of one a minute
SLOTS_S: Final = (900, 3_600)


def surplus(times: Sequence[datetime], slot_s: int) -> list[int]:
    """Indexes of the samples to give up: all but the first of each slot of `slot_s` seconds, the newest apart."""
    gone, last = [], None
    for at, time in enumerate(times[: max(0, len(times) - FRESH)]):
        slot = int(time.timestamp() // slot_s)
        if slot == last:
            gone.append(at)
        last = slot
    return gone
