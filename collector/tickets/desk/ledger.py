"""What was held back is entered into a ledger when the hold ends; pure.

While a hold lasts, its count stands on the alert. Together they say of every occurrence that opened
nothing why it did not, so that nothing is dropped uncounted.
"""

from __future__ import annotations

from datetime import datetime

from collector.tickets.alert_state import AlertState
from collector.tickets.desk.model import HoldEnd, Suppression
from collector.tickets.desk.port import About
from collector.tickets.model import Alert, Case


def ended(about: About, before: Case, after: Case, at: datetime) -> Suppression | None:
    """The line of a hold that this step ended."""
    was, now = before.alert, after.alert
    if was is None or was.hold is None or now is None or _is_same(was, now):
        return None
    return Suppression(
        key=about.key,
        site=about.site,
        hold=was.hold.value,
        host=was.host or "",
        since=was.first_firing_at or at,
        until=at,
        count=was.held_count,
        end=_end(now),
    )


def _end(now: Alert) -> HoldEnd:
    if now.state is AlertState.OK:
        return HoldEnd.CLEARED
    return HoldEnd.OPENED if now.hold is None else HoldEnd.MOVED


def _is_same(was: Alert, now: Alert) -> bool:
    return now.state is not AlertState.OK and (was.hold, was.host) == (now.hold, now.host)
