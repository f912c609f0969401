"""Which events webhooks hear of: three tables. A new cause of a notice is one more line here.

`ticket.*` come from the tickets' timelines, so that everything that changed a ticket is told, whoever
did it; the others come from the rules' notices.
"""

from __future__ import annotations

from types import MappingProxyType

from collector.tickets.desk.model import KIND_STORM
from collector.tickets.model import ChangeKind

# kind of a row of a ticket's timeline -> event
OF_TICKETS = MappingProxyType(
    {
        ChangeKind.OPENED.value: "ticket.opened",
        ChangeKind.LEVEL_RAISED.value: "ticket.level_changed",
        "level_lowered": "ticket.level_changed",
        ChangeKind.RECOVERED.value: "ticket.recovered",
        ChangeKind.RESOLVED.value: "ticket.resolved",
        ChangeKind.REOPENED.value: "ticket.reopened",
        ChangeKind.CLOSED.value: "ticket.closed",
    }
)
# (kind of the ticket, kind of the row) -> event told beside the ticket's own
OF_KINDS = MappingProxyType({(KIND_STORM, ChangeKind.OPENED.value): "storm.started"})
# cause of a notice -> event
OF_NOTICES = MappingProxyType(
    {
        "storm_over": "storm.ended",
        "problem_suspected": "problem.suspected",
        "clock_warning": "clock.warning",
        "clock_breached": "clock.breached",
    }
)
TEST = "webhook.test"

NAMES = tuple(sorted({*OF_TICKETS.values(), *OF_KINDS.values(), *OF_NOTICES.values()}))


def of_change(ticket_kind: str, change: str) -> list[str]:
    """The events of one row of a timeline.

    >>> of_change("storm", "opened")
    ['ticket.opened', 'storm.started']
    """
    found = (OF_TICKETS.get(change), OF_KINDS.get((ticket_kind, change)))
    return [name for name in found if name is not None]


def of_notice(cause: str) -> list[str]:
    """The events of a notice."""
    return [OF_NOTICES[cause]] if cause in OF_NOTICES else []
