"""Looks at what the agent uses, moves the step, and tells of it.

Every change of the step is an event of the host's catalogue, stored beside the step itself and the counts of
what was left out until then. A change is in force at once; when its report finds no room it is tried
again at the next look. Step and fill survive a restart, so that an agent which is restarted over and over
does not begin each time with fresh allowances.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from agent.budgets.intake import BudgetIntake
from agent.budgets.policy import Fill, Stance, Use
from agent.budgets.state import Step
from agent.health.faults import event_of_code
from agent.health.thresholds import Change
from agent.settings.budgets import BudgetSettings
from agent.spool.port import Intake, SpoolFull
from agent.status import BudgetState
from wire.messages import Event

CODE: Final = "HOST-AGT-0001"
STEP_KEY: Final = "budget:step"  # among the stored threshold states: step and fill
REPORT_S: Final = 3_600.0  # what was left out is told after so long although the step stayed
CHANGES_MOST: Final = 50  # that wait for room in the spool

_TEXTS: Final = {
    Step.FULL: "the agent reports in full again",
    Step.LEAN: "the agent leaves out context and samples",
    Step.COUNTS: "the agent sends counts only",
    Step.HEARTBEAT: "the agent leaves logs unread for a while, at most a quarter of an hour at a time",
}
_log = logging.getLogger("sitewarden")


class BudgetWatch:
    """One for the agent; `intake` is what readers of logs are handed."""

    def __init__(self, inner: Intake, settings: BudgetSettings, *, measure: Callable[[], Use], hostname: str) -> None:
        """`measure` reads the agent's counters, `inner` takes what may be stored."""
        self.settings = settings
        self.intake = BudgetIntake(inner)
        self._measure = measure
        self._hostname = hostname
        self._before = measure()
        self._reported_s = self._before.at_s
        self._changes: list[Event] = []
        stored = _read(inner.levels().get(STEP_KEY, ""))
        self._stance, self._fill = Stance(stored[0], self._before.at_s), stored[1]
        self.intake.step = self._stance.step

    @property
    def state(self) -> BudgetState:
        """What `status` shows."""
        fill, withheld = self._fill, self.intake.withheld
        return BudgetState(
            step=self._stance.step.value,
            cpu_used=round(fill.cpu, 3),
            bytes_used=round(fill.data, 3),
            events_used=round(fill.events, 3),
            withheld=withheld.texts + withheld.context_lines + withheld.samples + withheld.unknowns,
        )

    def look(self, now: datetime) -> None:
        """Measure, move by one step at most, and report what there is to report."""
        use = self._measure()
        self._fill = self._fill.after(self.settings, self._before, use)
        self._before = use
        stance = self._stance.after(self._fill, use.at_s)
        if stance.step is not self._stance.step:
            self._changes = [*self._changes, self._event(self._stance.step, stance.step, now)][-CHANGES_MOST:]
        self._stance = stance
        self.intake.step = stance.step
        if self._changes or (self.intake.withheld and use.at_s - self._reported_s >= REPORT_S):
            self._report(use.at_s, now)

    def _report(self, now_s: float, now: datetime) -> None:
        step, fill = self._stance.step, self._fill
        kept = "" if step is Step.FULL else f"{step.value}:{fill.cpu:.3f}:{fill.data:.3f}:{fill.events:.3f}"
        try:
            self.intake.report(self._changes, [(STEP_KEY, kept)], now)
        except SpoolFull as full:
            _log.warning("what the budget left out is told later, the spool has no room: %s", full)
            return
        self._changes = []
        self._reported_s = now_s

    def _event(self, old: Step, new: Step, now: datetime) -> Event:
        fill = self._fill
        change = Change.CLEARED if new is Step.FULL else Change.RAISED
        text = f"{_TEXTS[new]}; {fill.most:.0%} of {fill.fullest} is used"
        _log.warning("budget: %s -> %s, %s", old.value, new.value, text)
        names = (self._hostname, "budget", "")
        return event_of_code(CODE, change, names=names, text=text, value=new.value, now=now)


def _read(stored: str) -> tuple[Step, Fill]:
    """What `look` stored; the full step and empty buckets where that is nothing or not understood."""
    name, *numbers = stored.split(":")
    try:
        cpu, data, events = (min(1.0, max(0.0, float(number))) for number in numbers)
        return Step(name), Fill(cpu, data, events)
    except ValueError:
        return Step.FULL, Fill()
