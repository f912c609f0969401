"""The clock engine against counting minutes one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import collector.sla
from collector.sla.calendar import read_calendar
from collector.sla.clock import Basis, Pause, Target, active_us, due_at, explain, merged, warned_at
from collector.sla.shelf import shipped
from collector.sla.working_time import SECOND, WorkingTime
from tests.fakes.minute_clock import MinuteClock

PACKS = Path(collector.sla.__file__).parent / "packs"
SECOND_OPINION = {name: MinuteClock(PACKS / f"{name}.yaml") for name in ("kr", "cn", "24x7")}
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
MINUTES = 3 * 366 * 24 * 60

DAY_AND_NIGHT = "{{monday: [{h}], tuesday: [{h}], wednesday: [{h}], thursday: [{h}], saturday: [{h}], sunday: [{h}]}}"


def _by_the_wall(zone: str, hours: str, *changes: datetime) -> tuple[WorkingTime, MinuteClock, tuple[datetime, ...]]:
    """A calendar of a zone whose clocks are changed, ours and the second opinion, and instants of changes."""
    text = f"""calendar: z
version: '1'
zone: {zone}
title: {{en: Z}}
week: {DAY_AND_NIGHT.format(h=repr(hours))}
coverage: {{since: '2024-01-01', until: '2026-12-31'}}
days: [{{date: '2025-11-03', kind: holiday}}]
"""
    with NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        return WorkingTime(read_calendar(text)), MinuteClock(Path(file.name)), changes


CLOCK_CHANGES = {
    "America/New_York": _by_the_wall(
        "America/New_York",
        "00:00-24:00",
        datetime(2025, 3, 9, 7, 0, tzinfo=UTC),
        datetime(2025, 11, 2, 6, 0, tzinfo=UTC),
    ),
    "Europe/London": _by_the_wall(
        "Europe/London",
        "08:30-17:00",
        datetime(2025, 3, 30, 1, 0, tzinfo=UTC),
        datetime(2025, 10, 26, 1, 0, tzinfo=UTC),
    ),
    "Australia/Lord_Howe": _by_the_wall(  # by half an hour
        "Australia/Lord_Howe", "00:00-24:00", datetime(2025, 4, 5, 15, 0, tzinfo=UTC)
    ),
}
calendars = st.sampled_from(sorted(SECOND_OPINION))
instants = st.integers(0, MINUTES).map(lambda at: FIRST + timedelta(minutes=at))
# Instants where something happens: openings, closings, midnights, and the minutes around them.
edges = st.builds(
    lambda day, minute, off: FIRST + timedelta(days=day, minutes=minute - 9 * 60 + off),
    st.integers(30, 1_000),
    st.sampled_from([0, 8 * 60 + 30, 9 * 60 + 30, 17 * 60, 18 * 60]),
    st.integers(-1, 1),
)
starts = st.one_of(instants, edges)
spans = st.tuples(st.integers(-3_000, 9_000), st.integers(0, 6_000))


def pauses_of(start: datetime, given_spans: list[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
    begins = [start + timedelta(minutes=since) for since, _ in given_spans]
    return [(since, since + timedelta(minutes=length)) for since, (_, length) in zip(begins, given_spans, strict=True)]


@given(calendars, starts, st.integers(1, 4_000), st.lists(spans, max_size=4), st.booleans())
@settings(max_examples=400, deadline=None)
def test_due_is_where_the_minutes_run_out(
    name: str, start: datetime, minutes: int, given_spans: list[tuple[int, int]], elapsed: bool
) -> None:
    pauses = pauses_of(start, given_spans)
    target = Target(Basis.ELAPSED if elapsed else Basis.BUSINESS, minutes * 60 * SECOND)
    found = due_at(shipped(name), start, target, [Pause(*each) for each in pauses])
    counted_until = SECOND_OPINION[name].due(start, minutes, pauses, elapsed=elapsed)
    assert found.due == counted_until


@given(st.sampled_from(["kr", "cn"]), starts, st.integers(1, 12))
@settings(max_examples=200, deadline=None)
def test_the_nth_working_day_closes_when_counted(name: str, start: datetime, count: int) -> None:
    found = due_at(shipped(name), start, Target(Basis.WORKING_DAYS, count))
    assert found.due == SECOND_OPINION[name].close_of_nth(start, count)


@given(calendars, starts, st.integers(1, 4_000), st.lists(spans, max_size=3))
@settings(max_examples=200, deadline=None)
def test_the_explanation_adds_up(name: str, start: datetime, minutes: int, given_spans: list[tuple[int, int]]) -> None:
    pauses = [Pause(*each) for each in pauses_of(start, given_spans)]
    working, target = shipped(name), Target(Basis.BUSINESS, minutes * 60 * SECOND)
    due = due_at(working, start, target, pauses).due
    assert due is not None
    told = explain(working, start, due, target.basis, pauses)
    assert sum(each.seconds for each in told.counted) == minutes * 60
    assert active_us(working, start, due, target.basis, pauses) == target.amount


@given(calendars, starts, st.integers(1, 4_000), st.lists(spans, max_size=3))
@settings(max_examples=100, deadline=None)
def test_warnings_come_in_order_and_the_last_is_the_deadline(
    name: str, start: datetime, minutes: int, given_spans: list[tuple[int, int]]
) -> None:
    pauses = [Pause(*each) for each in pauses_of(start, given_spans)]
    target = Target(Basis.BUSINESS, minutes * 60 * SECOND)
    times = [at for _, at in warned_at(shipped(name), start, target, pauses)]
    assert times == sorted(time for time in times if time is not None)
    assert times[-1] == due_at(shipped(name), start, target, pauses).due


@given(starts, st.lists(spans, max_size=6))
def test_merged_pauses_cover_the_same_minutes_and_do_not_touch(
    start: datetime, given_spans: list[tuple[int, int]]
) -> None:
    pauses = pauses_of(start, given_spans)
    result = merged(Pause(*each) for each in pauses)
    for at in (start + timedelta(minutes=minute) for minute in range(-3_000, 15_000, 97)):
        inside = any(pause.since <= at < (pause.until or at) for pause in result)
        assert inside == any(since <= at < until for since, until in pauses)
    for earlier, later in pairwise(result):
        assert earlier.until is not None
        assert earlier.until < later.since


@given(
    st.sampled_from(sorted(CLOCK_CHANGES)),
    st.integers(-3 * 24 * 60, 24 * 60),
    st.integers(1, 3_000),
    st.lists(spans, max_size=3),
)
@settings(max_examples=150, deadline=None)
def test_where_the_clocks_are_changed_an_hour_is_still_an_hour(
    zone: str, before: int, minutes: int, given_spans: list[tuple[int, int]]
) -> None:
    working, counting, changes = CLOCK_CHANGES[zone]
    for change in changes:
        start = change + timedelta(minutes=before)
        pauses = pauses_of(start, given_spans)
        target = Target(Basis.BUSINESS, minutes * 60 * SECOND)
        found = due_at(working, start, target, [Pause(*each) for each in pauses])
        assert found.due == counting.due(start, minutes, pauses, elapsed=False)


def test_the_day_on_which_clocks_are_put_back_has_an_hour_more() -> None:
    working, _, (_, put_back) = CLOCK_CHANGES["America/New_York"]
    day = working.local_date(put_back)
    assert sum((until - since).total_seconds() for since, until in working.periods(day)) == 25 * 3_600


@pytest.mark.parametrize("name", sorted(SECOND_OPINION))
def test_the_second_opinion_notices_a_wrong_minute(name: str) -> None:
    start = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    right = SECOND_OPINION[name].due(start, 480, [], elapsed=False)
    assert due_at(shipped(name), start, Target(Basis.BUSINESS, 481 * 60 * SECOND)).due != right
