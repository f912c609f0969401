"""How far patches have come on hosts: kept whole, and told on the ticket as far as it is new.

A host sends every state with each record, so that a lost record costs nothing. What was told stays on the timeline
for ever, with the times of the host and the reason why it went back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from collector.fleet.model import KnownAgent
from collector.relay import repository
from collector.relay.requests import repository as requests
from collector.relay.requests import tracking
from collector.store.database import Connection
from collector.tickets.acts import repository as acts
from collector.tickets.acts.repository import Held
from collector.tickets.model import ChangeKind, TicketChange
from collector.tickets.timeline.writing import append
from wire.proofs import Passed, PatchProgress

REASON_CHARS: Final = 1_000


def take_progress(connection: Connection, agent: KnownAgent, progress: PatchProgress, now: datetime) -> None:
    """Keep it, and tell what is new on the ticket, if that is one of the host's site."""
    known = repository.find_progress(connection, progress.digest, agent.id)
    told = len(known.states) if known is not None else 0
    if len(progress.states) <= told:
        return  # an older record that came late
    repository.keep_progress(connection, progress, site_id=agent.site_id, agent_id=agent.id, now=now)
    record = requests.find_by_digest(connection, progress.digest)
    if record is not None:
        tracking.note_going_on(connection, record, agent.id, now)
    held = _ticket(connection, agent, record.ticket_id if record else None, progress.ticket)
    if held is not None:
        hostname = next((host.hostname for host in record.hosts if host.agent == agent.id), "") if record else ""
        detail = _detail(progress, progress.states[told:]) | {"host": hostname or agent.id}
        append(connection, held.site_id, [TicketChange(now, ChangeKind.PATCHED, held.id, detail)], actor=agent.id)


def _ticket(connection: Connection, agent: KnownAgent, ticket_id: int | None, number: str) -> Held | None:
    held = acts.ticket_by_id(connection, ticket_id) if ticket_id else None
    if held is None and number:
        held = acts.find_ticket(connection, number)
    return held if held is not None and held.site_id == agent.site_id else None


def _detail(progress: PatchProgress, states: Sequence[Passed]) -> dict[str, str | int]:
    """`states` as `NAME@TIME`, with spaces between; `reason` of the newest that has one."""
    reasons = [each.reason for each in states if each.reason]
    return {
        "patch": progress.patch,
        "states": " ".join(f"{each.state}@{each.at.astimezone(UTC).isoformat(timespec='seconds')}" for each in states),
        "reason": reasons[-1][:REASON_CHARS] if reasons else "",
    }


def states_told(text: str) -> list[tuple[str, datetime]]:
    """(state, time) of what `_detail` wrote; what cannot be read is left out.

    >>> states_told("planned@2026-11-24T01:00:00+00:00")[0][0]
    'planned'
    """
    found = []
    for each in text.split():
        state, _, at = each.partition("@")
        try:
            found.append((state, datetime.fromisoformat(at)))
        except ValueError:
            continue
    return [(state, at) for state, at in found if at.tzinfo is not None]
