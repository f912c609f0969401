"""How much of each allowance is used, and when the step changes. Pure: times are seconds of a monotonic clock.

Each allowance is a bucket: what is used goes in, and an hour's allowance leaks out evenly in an hour. So a
use below the allowance never fills it, however long it lasts; a burst does, and is worked off later. The
most that an hour can see is twice the allowance, a day one hour's more than 24 (and in each what was used
between two looks, when that is more than a twentieth of it).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from agent.budgets.state import Band, Step, band_of, next_step
from agent.settings.budgets import BudgetSettings

HOUR_S: Final = 3_600.0
FILL_MOST: Final = 1.05  # what is over it is forgiven: a pause must come to an end
WAIT_MOST_S: Final = 900.0  # logs are left unread for so long at a time
REPRIEVE_S: Final = 60.0  # then they are read for so long, whatever it costs


@dataclass(frozen=True)
class Use:
    """Counters of the agent at `at_s`: processor seconds, bytes and events taken for sending."""

    at_s: float
    cpu_s: float
    taken_bytes: int
    taken_events: int


@dataclass(frozen=True)
class Fill:
    """The used share of each allowance; 1 is all of it."""

    cpu: float = 0.0
    data: float = 0.0
    events: float = 0.0

    @property
    def most(self) -> float:
        """That of the fullest one."""
        return max(self.cpu, self.data, self.events)

    @property
    def fullest(self) -> str:
        """Its name as in the settings."""
        names = {"cpu_percent": self.cpu, "bytes_per_hour": self.data, "events_per_hour": self.events}
        return max(names, key=lambda name: names[name])

    def after(self, settings: BudgetSettings, before: Use, now: Use) -> Fill:
        """The fill at `now`; a counter that went back began anew."""
        leaked = max(0.0, now.at_s - before.at_s) / HOUR_S
        cpu_s = None if settings.cpu_percent is None else settings.cpu_percent / 100 * HOUR_S
        return Fill(
            _filled(self.cpu, leaked, now.cpu_s - before.cpu_s, cpu_s),
            _filled(self.data, leaked, now.taken_bytes - before.taken_bytes, settings.bytes_per_hour),
            _filled(self.events, leaked, now.taken_events - before.taken_events, settings.events_per_hour),
        )


@dataclass(frozen=True)
class Stance:
    """The step in force, since when, and until when it may not tighten."""

    step: Step = Step.FULL
    since_s: float = 0.0
    eased_until_s: float = 0.0

    def after(self, fill: Fill, now_s: float) -> Stance:
        """The stance after a look at `now_s`."""
        waited_s = now_s - self.since_s
        is_overdue = self.step is Step.HEARTBEAT and waited_s >= WAIT_MOST_S
        step = next_step(self.step, Band.OVERDUE if is_overdue else band_of(fill.most))
        if step is self.step or (now_s < self.eased_until_s and is_tighter(step, self.step)):
            return self
        return replace(self, step=step, since_s=now_s, eased_until_s=now_s + REPRIEVE_S if is_overdue else 0.0)


def is_tighter(step: Step, than: Step) -> bool:
    """Whether less is reported at `step`."""
    order = list(Step)
    return order.index(step) > order.index(than)


def _filled(fill: float, leaked: float, used: float, allowance: float | None) -> float:
    if allowance is None:
        return 0.0
    return min(FILL_MOST, max(0.0, fill - leaked) + max(0.0, used) / allowance)
