"""The statuses of a ticket, as one table. What the table does not name is refused and changes nothing.

`recovered` is set by the machine: the alert has been ok for the stable time. It is still a live
ticket: levels 1 and 2, and whatever a person has touched, wait there for a person. A relapse goes
back to work (`in_progress`) when somebody is on it, and to `new` when nobody has looked yet.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class TicketStatus(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    PENDING = "pending"
    RECOVERED = "recovered"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"


class TicketAct(StrEnum):
    """What can happen to a ticket."""

    ACKNOWLEDGE = "acknowledge"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    RECOVER = "recover"
    RELAPSE = "relapse"
    RELAPSE_UNSEEN = "relapse_unseen"  # the same, and no person has touched the ticket
    RESOLVE = "resolve"
    CLOSE = "close"
    CANCEL = "cancel"
    MERGE = "merge"
    UNMERGE = "unmerge"
    REOPEN = "reopen"


class IllegalAct(Exception):
    """The table has no such step."""

    def __init__(self, status: TicketStatus, act: TicketAct) -> None:
        super().__init__(f"{act} is not possible in status {status}")
        self.status = status
        self.act = act


_S, _A = TicketStatus, TicketAct

TABLE = MappingProxyType(
    {
        (_S.NEW, _A.ACKNOWLEDGE): _S.ACKNOWLEDGED,
        (_S.NEW, _A.START): _S.IN_PROGRESS,
        (_S.NEW, _A.RECOVER): _S.RECOVERED,
        (_S.NEW, _A.RESOLVE): _S.RESOLVED,
        (_S.NEW, _A.CANCEL): _S.CANCELLED,
        (_S.NEW, _A.MERGE): _S.MERGED,
        (_S.ACKNOWLEDGED, _A.START): _S.IN_PROGRESS,
        (_S.ACKNOWLEDGED, _A.PAUSE): _S.PENDING,
        (_S.ACKNOWLEDGED, _A.RECOVER): _S.RECOVERED,
        (_S.ACKNOWLEDGED, _A.RESOLVE): _S.RESOLVED,
        (_S.ACKNOWLEDGED, _A.CANCEL): _S.CANCELLED,
        (_S.ACKNOWLEDGED, _A.MERGE): _S.MERGED,
        (_S.IN_PROGRESS, _A.ACKNOWLEDGE): _S.IN_PROGRESS,  # reopened by the machine, seen by a person now
        (_S.IN_PROGRESS, _A.PAUSE): _S.PENDING,
        (_S.IN_PROGRESS, _A.RECOVER): _S.RECOVERED,
        (_S.IN_PROGRESS, _A.RESOLVE): _S.RESOLVED,
        (_S.IN_PROGRESS, _A.CANCEL): _S.CANCELLED,
        (_S.IN_PROGRESS, _A.MERGE): _S.MERGED,
        (_S.PENDING, _A.RESUME): _S.IN_PROGRESS,
        (_S.PENDING, _A.RECOVER): _S.RECOVERED,
        (_S.PENDING, _A.RESOLVE): _S.RESOLVED,
        (_S.PENDING, _A.CANCEL): _S.CANCELLED,
        (_S.PENDING, _A.MERGE): _S.MERGED,
        (_S.RECOVERED, _A.ACKNOWLEDGE): _S.RECOVERED,
        (_S.RECOVERED, _A.RELAPSE): _S.IN_PROGRESS,
        (_S.RECOVERED, _A.RELAPSE_UNSEEN): _S.NEW,
        (_S.RECOVERED, _A.RESOLVE): _S.RESOLVED,
        (_S.RECOVERED, _A.CANCEL): _S.CANCELLED,
        (_S.RECOVERED, _A.MERGE): _S.MERGED,
        (_S.MERGED, _A.UNMERGE): _S.IN_PROGRESS,  # a person has it in hand
        (_S.RESOLVED, _A.CLOSE): _S.CLOSED,
        (_S.RESOLVED, _A.REOPEN): _S.IN_PROGRESS,
        (_S.CLOSED, _A.REOPEN): _S.IN_PROGRESS,
    }
)

LIVE = frozenset({_S.NEW, _S.ACKNOWLEDGED, _S.IN_PROGRESS, _S.PENDING, _S.RECOVERED})
ENDED = frozenset({_S.RESOLVED, _S.CLOSED})  # what may be reopened


def advance(status: TicketStatus, act: TicketAct) -> TicketStatus:
    """The status after `act`; `IllegalAct` when the table has no such step."""
    after = TABLE.get((status, act))
    if after is None:
        raise IllegalAct(status, act)
    return after
