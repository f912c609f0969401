"""R8: what a fault that comes back means for its last ticket; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from collector.settings.model import Rules
from collector.tickets.model import Signal, Ticket
from collector.tickets.state import ENDED
from collector.tickets.versions import is_before

LATE_OCCURRED_S = 60  # R8.1: a clock that is a little off must not reopen what was just resolved


class Return(Enum):
    """What to do."""

    FIRST = "first"  # there was none: a new ticket
    REOPEN = "reopen"
    REOPEN_REGRESSED = "reopen_regressed"
    RECUR = "recur"  # a new ticket that names the last one
    RECUR_REGRESSED = "recur_regressed"


def is_late_evidence(ticket: Ticket | None, signal: Signal, rules: Rules) -> bool:
    """R8.1: about the time before the resolution, or hardly after it and received soon."""
    if ticket is None or ticket.status not in ENDED or ticket.resolved_at is None:
        return False
    if signal.occurred_at <= ticket.resolved_at:
        return True
    soon = signal.received_at < ticket.resolved_at + timedelta(seconds=rules.late_evidence_s)
    return soon and signal.occurred_at <= ticket.resolved_at + timedelta(seconds=LATE_OCCURRED_S)


def is_unpatched(ticket: Ticket | None, version: str | None, declared: Sequence[str] = ()) -> bool:
    """R8.2: the cure is known and has not been taken here yet."""
    if ticket is None or ticket.status not in ENDED or ticket.fixed_in is None or version is None:
        return False
    return is_before(version, ticket.fixed_in, declared)


def judge_return(last: Ticket | None, version: str | None, at: datetime, rules: Rules) -> Return:
    """R8.3 and R8.4; whoever asks has seen that it is not unpatched."""
    if last is None or last.status not in ENDED or last.resolved_at is None:
        return Return.FIRST
    is_regressed = last.fixed_in is not None and version is not None
    if at - last.resolved_at <= timedelta(seconds=rules.reopen_within_s):
        return Return.REOPEN_REGRESSED if is_regressed else Return.REOPEN
    return Return.RECUR_REGRESSED if is_regressed else Return.RECUR
