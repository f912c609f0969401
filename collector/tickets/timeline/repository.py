"""The timelines' rows; SQL only. Nothing else inserts into `ticket_event`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, insert

from collector.store.prepared import Prepared
from collector.store.tables import ticket_event
from collector.tickets.model import TicketChange

_INSERT = Prepared(insert(ticket_event))


def insert_changes(connection: Connection, lines: Sequence[tuple[str, Sequence[TicketChange]]], actor: str) -> None:
    """Append them; each site's with its id."""
    rows = [
        {
            "ticket_id": change.ticket_id,
            "site_id": site_id,
            "at": change.at,
            "actor": actor,
            "kind": change.kind.value,
            "detail": msgspec.json.encode(change.detail).decode(),
        }
        for site_id, changes in lines
        for change in changes
    ]
    _INSERT.run(connection, rows)
