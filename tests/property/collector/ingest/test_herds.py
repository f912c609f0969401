"""Herds, floods and slow disks before a simulated writer: who is queued, who is refused, how long what came in waits.

The writer here is a number: what each batch really takes. It knows the policy's own parts and no others: `Turns`
for the order, `judge` for the door, `DrainRate` for what it believes of itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.ingest.admission import (
    FIRST_RATE,
    LATE_S,
    LEAST_RATE,
    DrainRate,
    Load,
    Verdict,
    judge,
    units_of,
)
from collector.ingest.turns import Turn, Turns
from collector.settings.model import Admission

BACKLOG_S = Admission().backlog_s
FLUSH_S = 0.004  # what each commit takes beside its batches
HERD = 2_000
NEW, KNOWN = units_of(2, is_new=True), units_of(2, is_new=False)  # health and an event


@dataclass
class Simulated:
    """A queue and its writer; `cost_s` is what one batch really takes."""

    backlog_s: float = BACKLOG_S
    rate: DrainRate = field(default_factory=DrainRate)
    turns: Turns[float] = field(default_factory=Turns)
    now: float = 0.0
    busy_s: float = 0.0
    refused: list[str] = field(default_factory=list)  # sites
    waits: list[tuple[str, float, float]] = field(default_factory=list)  # site, when it came, how long it waited

    def play(self, arrivals: Iterable[tuple[float, str, int]], cost_s: float, *, urgent: bool = True) -> None:
        """Take (time, site, units) in their order while groups are written, then write what is left."""
        coming = sorted(arrivals, reverse=True)
        while coming or len(self.turns):
            while coming and coming[-1][0] <= self.now:
                self._arrive(*coming.pop(), cost_s, urgent=urgent)
            if len(self.turns):
                self._write()
            elif coming:
                self.now = max(self.now, coming[-1][0])

    def _arrive(self, at: float, site: str, units: int, cost_s: float, *, urgent: bool) -> None:
        mine = self.turns.units_of(site)
        capacity = self.rate.units_s * self.backlog_s
        load = Load(self.turns.units, mine, self.turns.sites - bool(mine), capacity, units)
        if judge(load, urgent=urgent) is Verdict.WELCOME:
            self.turns.add(Turn(cost_s, site, urgent, units, 3_000, at))
        else:
            self.refused.append(site)

    def _write(self) -> None:
        group = self.turns.take(self.rate.group_units)
        took_s = FLUSH_S + sum(turn.item for turn in group)
        self.now, self.busy_s = self.now + took_s, self.busy_s + took_s
        self.waits += [(turn.site, turn.since, self.now - turn.since) for turn in group]
        self.rate.learn(sum(turn.units for turn in group), took_s)


def herd(at: float, count: int, units: int) -> list[tuple[float, str, int]]:
    """So many sites within a tenth of a second."""
    return [(at + 0.1 * number / count, f"site-{number}", units) for number in range(count)]


@given(st.floats(0.000_05, 0.004), st.sampled_from([NEW, KNOWN]))
@settings(max_examples=25, deadline=None)
def test_a_herd_that_can_be_worked_off_in_time_is_queued(cost_s: float, units: int) -> None:
    """After a start, when nothing is known: up to 4 ms for each, which are 8 seconds for all."""
    writer = Simulated()
    writer.play(herd(0.0, HERD, units), cost_s)
    assert writer.refused == []
    assert max(wait for _, _, wait in writer.waits) <= 0.1 + HERD * cost_s + 0.1 * HERD * FLUSH_S


def test_with_a_second_of_room_the_same_herd_is_not() -> None:
    writer = Simulated(backlog_s=1.0)
    writer.play(herd(0.0, HERD, NEW), 0.002)
    assert len(writer.refused) > HERD / 4


@given(st.lists(st.tuples(st.integers(1, 5_000), st.floats(0.001, 60.0)), max_size=30))
@settings(max_examples=50, deadline=None)
def test_a_slow_time_is_forgotten_when_it_is_over(groups: list[tuple[int, float]]) -> None:
    """Whatever groups were learned from: after two quiet minutes with a report a second a herd finds room."""
    writer = Simulated()
    for units, seconds in groups:
        writer.rate.learn(units, seconds)
    assert writer.rate.units_s >= LEAST_RATE
    writer.play([(float(second), "calm", KNOWN) for second in range(120)], 0.001)
    writer.refused.clear()  # what met the slow time
    writer.play(herd(writer.now, HERD, NEW), 0.002)
    assert writer.refused == []


@given(st.floats(0.000_3, 0.005), st.floats(1.2, 3.0))
@settings(max_examples=10, deadline=None)
def test_overload_that_lasts_is_refused_and_what_is_taken_is_answered_in_time(cost_s: float, times: float) -> None:
    writer = Simulated()
    count = int(30.0 / cost_s * times)  # half a minute in which more is asked than can be done
    writer.play([(30.0 * at / count, f"site-{at % 997}", NEW) for at in range(count)], cost_s)
    assert max(wait for _, _, wait in writer.waits) <= LATE_S
    assert writer.busy_s >= 0.95 * writer.now, "while some are refused the writer has work"
    if times > 2:  # thirty seconds of it are more than may wait
        assert writer.refused


def test_a_writer_that_is_far_slower_than_believed_soon_refuses() -> None:
    """A disk a hundred times as slow: what was taken too trustingly is bounded, and then nobody is deceived."""
    writer = Simulated()
    arrivals = [(at / 100, f"site-{at}", NEW) for at in range(6_000)]
    writer.play(arrivals, NEW / FIRST_RATE * 100)
    told = [wait for _, since, wait in writer.waits if since > 40.0]
    assert writer.refused
    assert not told or max(told) <= 2 * LATE_S


def test_a_flood_of_one_site_takes_its_share_and_costs_others_a_group() -> None:
    writer = Simulated()
    flood = [(at / 2_000, "flood", NEW) for at in range(40_000)]
    calm = [(5.0 + at / 10, f"calm-{at}", KNOWN) for at in range(100)]
    writer.play([*flood, *calm], 0.001)
    assert set(writer.refused) == {"flood"}
    waits = [wait for site, _, wait in writer.waits if site != "flood"]
    assert len(waits) == len(calm)
    assert max(waits) < 2.0
