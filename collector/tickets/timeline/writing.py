"""Add to a ticket's timeline; its clocks move with it, in the same transaction, whoever writes."""

from __future__ import annotations

from collections.abc import Sequence

from collector.store.database import Connection
from collector.tickets.clocks.keeping import follow
from collector.tickets.model import TicketChange
from collector.tickets.timeline.repository import insert_changes


def append(connection: Connection, site_id: str, changes: Sequence[TicketChange], *, actor: str) -> None:
    """Append to the timelines of tickets of one site. The tickets' own rows are as they are after the changes."""
    append_all(connection, [(site_id, changes)], actor=actor)


def append_all(connection: Connection, lines: Sequence[tuple[str, Sequence[TicketChange]]], *, actor: str) -> None:
    """The same for tickets of several sites at once, each site's with its id."""
    insert_changes(connection, lines, actor)
    follow(connection, [change for _, changes in lines for change in changes], actor)
