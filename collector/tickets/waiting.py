"""A ticket waits for the customer and goes on: what a person, or the planned date, does to it.

Waiting needs a reason and a message to the customer. What it does to the clocks is decided in
`collector.tickets.clocks.on_ticket`, as for every other line of the timeline. Force majeure needs the approval
of somebody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from collector.errors import TicketRefused
from collector.sla.history import PauseReason
from collector.sla.plan import Metric
from collector.store.database import Connection, Store
from collector.tickets.acts import repository
from collector.tickets.clocks import repository as clocks
from collector.tickets.model import RULE, ChangeKind
from collector.tickets.reminding.policy import ANSWERED_BY_CUSTOMER
from collector.tickets.service import act_on, checked_text, find_held, write_line
from collector.tickets.state import TicketAct
from wire.sentence import sentence

REASON_WORDS = MappingProxyType(
    {
        PauseReason.CUSTOMER_INFO: sentence("the customer has to tell something"),
        PauseReason.CUSTOMER_CONSENT: sentence("the customer has to agree"),
        PauseReason.CUSTOMER_ACCESS: sentence("the customer has to give access"),
        PauseReason.CUSTOMER_SCHEDULE: sentence("the customer named a date"),
        PauseReason.CUSTOMER_DECLINED: sentence("the customer declined access"),
        PauseReason.FORCE_MAJEURE: sentence("force majeure"),
    }
)


@dataclass(frozen=True)
class Waiting:
    """Why a ticket waits. `message` goes to the customer, `until` is when it goes on by itself."""

    reason: str
    message: str
    until: datetime | None = None
    approved_by: str = ""


def pause(store: Store, number: str, asked: Waiting, *, actor: str, now: datetime) -> None:
    """It waits for the customer."""
    words, reason = checked_text(asked.message), _reason(asked.reason)
    if asked.until is not None and asked.until <= now:
        raise TicketRefused(sentence("the date on which it goes on is past"))
    with store.writing() as connection:
        held = find_held(connection, number)
        if reason is PauseReason.FORCE_MAJEURE:
            _check_approval(connection, asked.approved_by, actor)
        detail = {"reason": reason.value, "text": words}
        if asked.until is not None:
            detail["until"] = asked.until.isoformat()
        if asked.approved_by:
            detail["approved_by"] = asked.approved_by
        is_asked = reason in ANSWERED_BY_CUSTOMER and asked.until is None
        values = {
            "resume_at": asked.until,
            "waiting_since": now if is_asked else None,
            "reminded": 0,
            "reminded_at": None,
        }
        act_on(connection, held, TicketAct.PAUSE, ChangeKind.PAUSED, actor, now, values, **detail)


def resume(store: Store, number: str, *, actor: str, now: datetime) -> None:
    """It goes on."""
    with store.writing() as connection:
        held = find_held(connection, number)
        act_on(
            connection,
            held,
            TicketAct.RESUME,
            ChangeKind.RESUMED,
            actor,
            now,
            {"resume_at": None, "waiting_since": None},
        )


def resume_due(store: Store, now: datetime, limit: int) -> int:
    """Tickets whose date has come go on; how many."""
    with store.reading() as connection:
        numbers = clocks.due_resumptions(connection, now, limit)
    for number in numbers:
        try:
            resume(store, number, actor=RULE, now=now)
        except TicketRefused:
            continue  # somebody was quicker
    return len(numbers)


def excuse(store: Store, number: str, metric: Metric, cycle: int, *, actor: str, reason: str, now: datetime) -> None:
    """A breach is counted apart; it stays a breach. The actor approves it."""
    words = checked_text(reason)
    with store.writing() as connection:
        held = find_held(connection, number)
        if not clocks.excuse(connection, (held.id, metric.value, cycle), now, actor, words):
            raise TicketRefused(sentence("{number} has no such breach that is not excused yet", number=number))
        detail = {"metric": metric.value, "cycle": str(cycle), "text": words}
        write_line(connection, held, ChangeKind.CLOCK_EXCUSED, actor, now, detail)


def _reason(name: str) -> PauseReason:
    try:
        return PauseReason(name)
    except ValueError as error:
        why = sentence("{name} is no reason to wait; there are {known}", name=name, known=", ".join(PauseReason))
        raise TicketRefused(why) from error


def _check_approval(connection: Connection, name: str, actor: str) -> None:
    if not name or name == actor or not repository.is_active_user(connection, name):
        raise TicketRefused(sentence("force majeure needs the approval of another active user"))
