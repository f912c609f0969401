"""Evidence that a customer had held back, and has released: it becomes a part of the event it belongs to.

Only the agent that sent an event adds to it, only to an event that says that its evidence is held, and only
once: nothing that a ticket showed before can be replaced afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from collector.store.database import Connection
from collector.tickets.acts import repository
from wire.errors import Malformed
from wire.messages import Event, Evidence, decode_record

log = logging.getLogger(__name__)


def attach(connection: Connection, agent_id: str, released: Sequence[Evidence]) -> int:
    """Complete the events of this agent; gives how many were completed."""
    bodies = repository.event_bodies(connection, agent_id, [found.event_id for found in released]) if released else {}
    count = 0
    for found in released:
        row_id, body = bodies.get(found.event_id, (0, ""))
        event = _held(body)
        if event is None:
            log.info("evidence for event %s of agent %s has no place: none is held", found.event_id, agent_id)
            continue
        completed = complete(event, found)
        repository.save_event_body(connection, row_id, msgspec.json.encode(completed).decode())
        bodies[found.event_id] = (row_id, "")
        count += 1
    return count


def complete(event: Event, evidence: Evidence) -> Event:
    """The event with its lines and fields."""
    return replace(
        event,
        fields=evidence.fields,
        text=evidence.text,
        samples=evidence.samples,
        before=evidence.before,
        after=evidence.after,
        evidence_held=False,
    )


def _held(body: str) -> Event | None:
    try:
        event = decode_record(body.encode())
    except Malformed:
        return None
    return event if isinstance(event, Event) and event.evidence_held else None
