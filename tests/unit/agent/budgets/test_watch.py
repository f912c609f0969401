"""Measures, moves the step, tells of it; before a real spool and a clock in hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.budgets.policy import Use
from agent.budgets.state import Step
from agent.budgets.watch import REPORT_S, STEP_KEY, BudgetWatch
from agent.settings.budgets import BudgetSettings
from agent.spool.port import Deposit, SpoolFull
from tests.builders import an_event
from tests.fakes.agent_parts import a_spool
from tests.fakes.collector import ManualClock
from tests.fakes.intake import MemoryIntake
from wire.messages import Event, Gap, Record, Status, decode_record

SETTINGS = BudgetSettings(cpu_percent=1.0)  # 36 s an hour


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.cpu_s = 0.0
        self.start()

    def start(self) -> None:
        self.spool = a_spool(self.folder, self.clock)
        self.watch = BudgetWatch(self.spool, SETTINGS, measure=self.measure, hostname="h1")

    def measure(self) -> Use:
        usage = self.spool.stand().usage
        return Use(self.clock.monotonic(), self.cpu_s, usage.taken_bytes, usage.taken_events)

    def look(self, after_s: float = 0.0, cpu_s: float = 0.0) -> Step:
        self.clock.pass_time(after_s)
        self.cpu_s += cpu_s
        self.watch.look(self.clock.now())
        return Step(self.watch.state.step)

    def records(self) -> list[Record]:
        return [decode_record(raw) for (raw,) in self.spool._read("SELECT record FROM waiting ORDER BY id")]

    def told(self) -> list[tuple[str, Status, int]]:
        return [(found.code, found.status, found.count) for found in self.records() if isinstance(found, Event)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_quiet_agent_says_nothing(bench: Bench) -> None:
    for _ in range(50):
        assert bench.look(60, 0.5) is Step.FULL
    assert bench.told() == []
    assert bench.spool.levels() == {}


def test_every_step_down_and_up_is_told(bench: Bench) -> None:
    steps = [bench.look(1, 40), bench.look(1), bench.look(1), bench.look(800), bench.look(900), bench.look(900)]
    assert [step.value for step in steps] == ["lean", "counts", "heartbeat", "counts", "lean", "full"]
    assert bench.told() == [("HOST-AGT-0001", Status.FIRING, 5), ("HOST-AGT-0000", Status.OK, 1)]
    assert bench.spool.levels() == {}
    first = bench.records()[0]
    assert isinstance(first, Event)
    assert first.identity == {"host": "h1"}
    assert len({first.text, *first.samples}) == 4, "each step has its words"


def test_events_and_bytes_are_counted_by_the_spool(bench: Bench) -> None:
    bench.watch.settings = BudgetSettings(cpu_percent=None, events_per_hour=100, bytes_per_hour=None)
    bench.spool.deposit(Deposit(events=[an_event(identity={"n": str(number)}) for number in range(60)]))
    assert bench.look(1) is Step.LEAN
    bench.watch.settings = BudgetSettings(cpu_percent=None, events_per_hour=None, bytes_per_hour=20_000)
    bench.spool.deposit(Deposit(events=[an_event(identity={"n": "x"}, text="y" * 17_000)]))
    assert bench.look(1) is Step.COUNTS


def test_what_was_left_out_goes_with_the_next_step_or_after_an_hour(bench: Bench) -> None:
    bench.look(1, 20)
    bench.watch.intake.deposit(Deposit(events=[an_event(text="t", before=["x"] * 7)]))
    assert bench.watch.state.withheld == 7
    bench.look(REPORT_S / 2, 18)
    assert not [found for found in bench.records() if isinstance(found, Gap)]
    assert bench.look(REPORT_S / 2 + 1, 18) is Step.LEAN
    (gap,) = [found for found in bench.records() if isinstance(found, Gap)]
    assert "7 lines of context" in gap.detail
    assert bench.watch.state.withheld == 0


def test_a_restart_is_no_fresh_allowance(bench: Bench) -> None:
    for _ in range(3):
        bench.look(1, 36)
    bench.spool.close()
    bench.start()
    assert (bench.watch.state.step, bench.watch.intake.step) == ("heartbeat", Step.HEARTBEAT)
    assert bench.watch.state.cpu_used >= 0.99
    assert bench.look(600) is Step.COUNTS


@pytest.mark.parametrize("stored", ["x", "counts", "counts:1", "counts:a:b:c", "later:0:0:0", "full:0:0:0:0"])
def test_a_stored_step_of_another_version_is_the_full_one(bench: Bench, stored: str) -> None:
    bench.spool.deposit(Deposit(levels=[(STEP_KEY, stored)]))
    bench.spool.close()
    bench.start()
    assert bench.watch.state.step == "full"


class Refusing(MemoryIntake):
    """A spool without room."""

    def deposit(self, deposit: Deposit) -> None:
        raise SpoolFull(str(len(deposit.events)))


def test_without_room_the_step_counts_at_once_and_is_told_later(bench: Bench) -> None:
    bench.watch.intake._intake = Refusing()
    assert bench.look(1, 36) is Step.LEAN
    assert bench.look(1) is Step.COUNTS
    assert bench.told() == []
    bench.watch.intake._intake = bench.spool
    bench.look(1)
    assert sum(count for _, _, count in bench.told()) == 2
