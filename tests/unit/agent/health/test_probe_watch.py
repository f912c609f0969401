from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from agent.health.probe import Listing, Reading, reading_of
from agent.health.probe_watch import ProbeWatch
from agent.health.running import Outcome
from agent.health.thresholds import Bounds
from agent.spool import SpoolFull
from tests.fakes import series
from tests.fakes.probes import ProbeBench
from wire.messages import InventoryDiff, SoftwareKind

UP = Outcome((reading_of("HOST-TCP-0001", "his", is_bad=False, text="up"),))
DOWN = Outcome((reading_of("HOST-TCP-0001", "his", is_bad=True, text="down"),))


@pytest.fixture
def bench(tmp_path: Path) -> ProbeBench:
    return ProbeBench(tmp_path)


def take(bench: ProbeBench, *outcomes: Outcome, probe: str = "tcp his") -> None:
    for outcome in outcomes:
        bench.watch.take(probe, outcome, bench.clock.now())
        bench.clock.pass_time(60)


def test_a_fault_is_told_once_and_its_end_once(bench: ProbeBench) -> None:
    take(bench, UP, DOWN, DOWN, UP, UP)
    assert bench.told() == [("HOST-TCP-0001", "his"), ("HOST-TCP-0000", "his")]
    raised, cleared = bench.events()
    assert raised.identity == cleared.identity == {"host": "h", "check": "his"}
    assert (raised.level, raised.text) == (2, "down")


def test_a_fault_outlives_a_restart(bench: ProbeBench) -> None:
    take(bench, DOWN)
    bench.fresh()
    take(bench, DOWN, UP)
    assert bench.told() == [("HOST-TCP-0001", "his"), ("HOST-TCP-0000", "his")]
    assert bench.spool.levels() == {}


def test_what_is_no_longer_found_clears(bench: ProbeBench) -> None:
    take(bench, DOWN, Outcome())
    assert bench.told()[-1] == ("HOST-TCP-0000", "his")


def test_a_reading_that_failed_is_no_recovery(bench: ProbeBench) -> None:
    take(bench, DOWN, Outcome(problem="no right"), Outcome(problem="no right"), Outcome(problem="no right"), DOWN)
    assert bench.told() == [("HOST-TCP-0001", "his"), ("HOST-CHK-0001", "tcp his"), ("HOST-CHK-0000", "tcp his")]
    assert "no right" in bench.events()[1].text


def test_one_failed_reading_is_no_fault(bench: ProbeBench) -> None:
    take(bench, Outcome(problem="busy"), UP, Outcome(problem="busy"), UP)
    assert bench.told() == []


def test_a_probe_that_hangs_is_told_until_it_answers(bench: ProbeBench) -> None:
    take(bench, DOWN)
    bench.watch.hangs("tcp his", bench.clock.now())
    bench.watch.hangs("tcp his", bench.clock.now())
    assert bench.told() == [("HOST-TCP-0001", "his"), ("HOST-CHK-0002", "tcp his")]
    take(bench, DOWN)
    assert bench.told()[2:] == [("HOST-CHK-0000", "tcp his")]


def test_a_probe_that_is_no_longer_wanted_clears_everything_of_it(bench: ProbeBench) -> None:
    take(bench, DOWN)
    take(bench, Outcome((reading_of("HOST-TCP-0001", "lis", is_bad=True, text=""),)), probe="tcp lis")
    bench.watch.forget(frozenset({"tcp lis"}), bench.clock.now())
    assert bench.told()[2:] == [("HOST-TCP-0000", "his")]
    assert [key.subject for key in bench.watch.firing()] == ["lis"]


def test_it_has_to_last_as_long_as_the_bounds_say(bench: ProbeBench) -> None:
    high = Outcome((Reading("HOST-SWP-0080", "", 95, "percent", Bounds(80, 70, for_s=120), "full"),))
    take(bench, high, high)
    assert bench.told() == []
    take(bench, high)
    assert bench.told() == [("HOST-SWP-0080", "")]
    assert bench.events()[0].fields == {"value": "95 percent"}


def test_memory_is_kept_with_the_levels(bench: ProbeBench) -> None:
    take(bench, Outcome(memory="what was"), probe="ports")
    assert bench.fresh().recall("ports") == "what was"


def test_what_could_not_be_stored_has_not_happened(bench: ProbeBench) -> None:
    def full(_: object) -> None:
        raise SpoolFull("full")

    store, bench.watch._deposit = bench.watch._deposit, full
    with pytest.raises(SpoolFull):
        take(bench, Outcome(DOWN.readings, memory="m"))
    assert (bench.watch.firing(), bench.watch.recall("tcp his")) == ([], "")
    bench.watch._deposit = store
    take(bench, DOWN)
    assert bench.told() == [("HOST-TCP-0001", "his")]


def test_a_subject_cannot_break_out_of_its_key(bench: ProbeBench) -> None:
    take(bench, Outcome((reading_of("HOST-TCP-0001", "a\x1fb" + "x" * 900, is_bad=True, text=""),)))
    firing = bench.watch.firing()
    assert bench.fresh().firing() == firing
    assert len(firing) == 1


def test_a_wrong_code_is_a_mistake_and_no_event(bench: ProbeBench) -> None:
    with pytest.raises(LookupError):
        take(bench, Outcome((reading_of("HOST-NOPE", "x", is_bad=True, text=""),)))


def filling(watch: ProbeWatch, bench: ProbeBench, points: list[tuple[int, float]]) -> None:
    start = bench.clock.now()
    for slot, value in points:
        at = start + timedelta(hours=4 * slot)
        bench.clock.seconds = (at - start).total_seconds()
        found = Reading("", "/var", value, "percent", None, f"/var is {value:.1f} % full", forecast="HOST-DSK-FORECAST")
        watch.take("room", Outcome((found,)), at)


def test_a_forecast_is_a_ticket_of_level_4_before_it_is_full(bench: ProbeBench) -> None:
    filling(bench.watch, bench, series.growth(1, last=88))
    (event,) = bench.events()
    assert (event.code, event.level, event.identity["mount"]) == ("HOST-DSK-FORECAST", 4, "/var")
    assert "is full in" in event.text


def test_noise_is_none_and_a_restart_forgets_nothing(bench: ProbeBench) -> None:
    filling(bench.watch, bench, series.sawtooth(1, period=2))
    assert bench.events() == []
    held = bench.watch._history.points(next(iter(bench.watch._history._peaks)))
    again = bench.fresh()._history
    assert again.points(next(iter(again._peaks))) == held[:-1]


def test_software_goes_as_differences(bench: ProbeBench) -> None:
    for versions in ({"a": "1"}, {"a": "1"}, {"a": "2"}):
        take(bench, Outcome(listings=(Listing(SoftwareKind.PACKAGE, versions),)), probe="software")
    diffs = [record for record in bench.records() if isinstance(record, InventoryDiff)]
    assert [(diff.present, bool(diff.base)) for diff in diffs] == [({"a": "1"}, False), ({"a": "2"}, True)]
