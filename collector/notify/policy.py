"""What is decided about messages without looking at anything: tries, waits, budgets, quiet hours; pure.

Waits grow from 5 seconds to 24 hours, each 20 % shorter or longer by chance, so that what failed
together does not come back together. An answer decides by its number alone: what the receiver says
in words is never read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from collector.notify.model import Quiet, Recipient
from collector.notify.port import Outcome, Verdict
from collector.notify.state import MessageEvent
from collector.tickets.desk.model import NoticeKind

HOUR_S = 3_600.0
WAITS_S = (5, 60, 300, 1_200, HOUR_S, 3 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, 24 * HOUR_S)
WAIT_MAX_S = 24 * HOUR_S  # however long a receiver asks us to wait
JITTER = 0.2
HOLD_MAX_S = 60.0  # after a failure the other messages to the same address wait so long at most
LEASE_S = 120.0  # longer than any try may take
# So many messages to one address are not delivered yet, or gathered for it; more are dead at once, and counted.
WAITING_MAX, GATHERED_MAX = 1_000, 5_000
SUCCESS, REDIRECT, CLIENT_FAULT, SERVER_FAULT = range(200, 300), range(300, 400), range(400, 500), range(500, 600)
GONE, TIMEOUT, EARLY, TOO_MANY = 410, 408, 425, 429


def verdict_of(status: int) -> Verdict:
    """What an HTTP status means for a message.

    >>> [verdict_of(status).value for status in (204, 302, 400, 410, 429, 503)]
    ['delivered', 'refused', 'refused', 'gone', 'again', 'again']
    """
    if status in SUCCESS:
        return Verdict.DELIVERED
    if status == GONE:
        return Verdict.GONE
    return Verdict.AGAIN if status in SERVER_FAULT or status in {TIMEOUT, EARLY, TOO_MANY} else Verdict.REFUSED


def pause_asked(value: str | None, now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks for, as a number or as a date; None where it says neither.

    >>> pause_asked("120", datetime(2026, 11, 24, tzinfo=ZoneInfo("UTC")))
    120.0
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), WAIT_MAX_S)
    try:
        seconds = (parsedate_to_datetime(text) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):  # not a date, or one without a zone
        return None
    return min(max(seconds, 0.0), WAIT_MAX_S)


def event_of(outcome: Outcome, attempts: int) -> MessageEvent:
    """What an outcome does to a message that had been tried `attempts` times before."""
    if outcome.verdict is Verdict.DELIVERED:
        return MessageEvent.DELIVER
    if outcome.verdict is not Verdict.AGAIN:
        return MessageEvent.REFUSE
    return MessageEvent.GIVE_UP if attempts >= len(WAITS_S) else MessageEvent.AGAIN


def wait_s(attempts: int, asked_s: float | None, chance: Callable[[], float]) -> float:
    """Seconds until the next try of a message that had been tried `attempts` times before; `chance` is in 0 to 1."""
    planned = WAITS_S[min(attempts, len(WAITS_S) - 1)] * (1 - JITTER + 2 * JITTER * chance())
    return min(max(planned, asked_s or 0.0), WAIT_MAX_S * (1 + JITTER))


def hold_s(wait: float) -> float:
    """Seconds for which nothing else is tried at that address."""
    return min(wait, HOLD_MAX_S)


def is_page_now(*, recent: int, is_first: bool, limit: int) -> bool:
    """R7: a page goes out at once while the person's budget lasts; the first of a ticket always does."""
    return is_first or recent < limit


def wants(recipient: Recipient, kind: str, *, site_id: str | None, level: int | None) -> bool:
    """Whether somebody is told of this. What is of no site goes to those who are told of every site."""
    if kind not in recipient.kinds or (level is not None and level > recipient.level):
        return False
    if not recipient.sites:
        return kind != NoticeKind.CUSTOMER
    return site_id in recipient.sites


def is_quiet(quiet: Quiet | None, zone: str, now: datetime) -> bool:
    """Whether digests wait now. Local wall-clock time decides, also on days with 23 or 25 hours."""
    if quiet is None or quiet.since == quiet.until:
        return False
    local = now.astimezone(zone_of(zone)).strftime("%H:%M")
    if quiet.since < quiet.until:
        return quiet.since <= local < quiet.until
    return local >= quiet.since or local < quiet.until


def after_quiet(quiet: Quiet | None, zone: str, now: datetime) -> datetime:
    """The first instant from now on at which digests do not wait."""
    if quiet is None or not is_quiet(quiet, zone, now):
        return now
    local = now.astimezone(zone_of(zone))
    hour, _, minute = quiet.until.partition(":")
    end = local.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    return (end if end > local else end + timedelta(days=1)).astimezone(UTC)


def week_of(at: datetime) -> str:
    """The week of an instant, UTC; later weeks sort after earlier ones.

    >>> week_of(datetime(2026, 12, 31, tzinfo=UTC)), week_of(datetime(2027, 1, 4, tzinfo=UTC))
    ('2026-W53', '2027-W01')
    """
    year, week, _ = at.astimezone(UTC).isocalendar()
    return f"{year}-W{week:02d}"


def zone_of(name: str) -> ZoneInfo:
    """The IANA zone; UTC when the system does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def lease_end(now: datetime) -> datetime:
    """Until when a message that is claimed now is held."""
    return now + timedelta(seconds=LEASE_S)
