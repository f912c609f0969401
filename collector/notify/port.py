"""What a channel is: it takes one message to one address, and says what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from collector.notify.model import Parcel


class Verdict(StrEnum):
    """What one try came to."""

    DELIVERED = "delivered"
    AGAIN = "again"  # it may work later
    REFUSED = "refused"  # it will never work as it is
    GONE = "gone"  # the address asks never to be called again


@dataclass(frozen=True)
class Outcome:
    """One try. `status` is the number that the other side answered with, if any."""

    verdict: Verdict
    detail: str
    status: int | None = None
    wait_s: float | None = None  # the other side asked for so long a pause
    is_everybodys: bool = False  # the fault lies with the channel, not with this address


class ChannelPort(Protocol):
    """One channel."""

    def send(self, parcel: Parcel, now: datetime) -> Outcome:
        """Take it there; every failure is an outcome, nothing is raised. Ends within `policy.LEASE_S`."""
