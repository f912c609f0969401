"""When an agent counts as silent (rule R11); pure.

Silence of many sites at once, which is a fault of ours, is not told apart yet.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from collector.settings.model import Rules

MISSED_HEARTBEATS = 3


def silence_s(rules: Rules, interval_s: float) -> float:
    """After how many seconds without a batch an agent is silent: at least three of the intervals it may follow."""
    return max(MISSED_HEARTBEATS * max(interval_s, rules.heartbeat_s), rules.silent_after_s)


def silent_before(rules: Rules, interval_s: float, *, started_at: datetime, now: datetime) -> datetime | None:
    """Whoever was last seen before this instant is silent; None during the grace time after a start.

    While the collector was down nobody could report, so that its own absence must not be held
    against anybody.
    """
    if now < started_at + timedelta(seconds=rules.silent_grace_s):
        return None
    return now - timedelta(seconds=silence_s(rules, interval_s))
