"""Tickets as JSON: one shape for the API and the command line.

Instants are RFC 3339 in UTC with six digits of microseconds, so that they compare as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from collector.tickets.search.model import EventRecord, TicketList, TicketRecord, TimelineEntry
from wire.catalogue.model import Texts


def instant(at: datetime | None) -> str | None:
    """`2026-11-24T01:00:00.000000Z`.

    >>> instant(datetime(2026, 11, 24, 10, tzinfo=UTC))
    '2026-11-24T10:00:00.000000Z'
    """
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def texts(title: Texts) -> dict[str, str | None]:
    """A text in each language; null where the catalogue has none."""
    return {"en": title.en, "ko": title.ko, "zh": title.zh}


def ticket_view(ticket: TicketRecord) -> dict[str, Any]:
    """One ticket as it stands in a list."""
    return {
        "number": ticket.number,
        "kind": ticket.kind,
        "site": ticket.site_id,
        "site_name": ticket.site_name,
        "site_tz": ticket.site_tz,
        "product": ticket.product,
        "module": ticket.module,
        "code": ticket.code,
        "level": ticket.level,
        "status": ticket.status,
        "firing": ticket.is_firing,
        "title": texts(ticket.title),
        "identity": dict(ticket.identity),
        "count": ticket.count,
        "opened_by": ticket.opened_by,
        "opened_at": instant(ticket.opened_at),
        "clock_start_at": instant(ticket.clock_start_at),
        "first_event_at": instant(ticket.first_event_at),
        "last_event_at": instant(ticket.last_event_at),
        "acknowledged_at": instant(ticket.acknowledged_at),
        "acknowledged_by": ticket.acknowledged_by,
        "assignee": ticket.assignee,
        "recovered_at": instant(ticket.recovered_at),
        "resolved_at": instant(ticket.resolved_at),
        "resolution": ticket.resolution,
        "closed_at": instant(ticket.closed_at),
        "reopen_count": ticket.reopen_count,
    }


def whole_ticket_view(
    ticket: TicketRecord, timeline: Sequence[TimelineEntry], events: Sequence[EventRecord]
) -> dict[str, Any]:
    """One ticket with its timeline and its newest events, both newest first."""
    return {
        **ticket_view(ticket),
        "timeline": [entry_view(entry) for entry in timeline],
        "events": [event_view(event) for event in events],
    }


def list_view(found: TicketList) -> dict[str, Any]:
    """An answer to a filter; `cursor` is the `since` of the next question."""
    return {"tickets": [ticket_view(ticket) for ticket in found.tickets], "cursor": found.cursor, "more": found.more}


def entry_view(entry: TimelineEntry) -> dict[str, Any]:
    """One line of a timeline."""
    return {
        "id": entry.id,
        "at": instant(entry.at),
        "actor": entry.actor,
        "kind": entry.kind,
        "detail": dict(entry.detail),
    }


def event_view(record: EventRecord) -> dict[str, Any]:
    """One event with what the host wrote; the parts of the record are null when it cannot be read."""
    event = record.event
    return {
        "event_id": record.event_id,
        "host": record.hostname,
        "code": record.code,
        "level": record.level,
        "status": record.status,
        "occurred_at": instant(record.occurred_at),
        "received_at": instant(record.received_at),
        "count": record.count,
        "source": event.source if event else None,
        "line": event.line_number if event else None,
        "text": event.text if event else None,
        "fields": dict(event.fields) if event else None,
        "samples": list(event.samples) if event else None,
        "before": list(event.before) if event else None,
        "after": list(event.after) if event else None,
        "history": event.history if event else None,
        "evidence_held": event.evidence_held if event else None,
    }
