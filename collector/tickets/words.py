"""The statuses as words for people."""

from __future__ import annotations

from types import MappingProxyType

from collector.tickets.state import TicketStatus
from wire.sentence import sentence

STATUS_WORDS = MappingProxyType(
    {
        TicketStatus.NEW: sentence("new"),
        TicketStatus.ACKNOWLEDGED: sentence("acknowledged"),
        TicketStatus.IN_PROGRESS: sentence("in progress"),
        TicketStatus.PENDING: sentence("pending"),
        TicketStatus.RECOVERED: sentence("recovered"),
        TicketStatus.RESOLVED: sentence("resolved"),
        TicketStatus.CLOSED: sentence("closed"),
        TicketStatus.CANCELLED: sentence("cancelled"),
        TicketStatus.MERGED: sentence("merged"),
    }
)
