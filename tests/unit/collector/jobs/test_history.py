"""The history's thread works through a backlog in pieces, and rests longer while the writer is busy."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.health.folding import HOURS_AT_ONCE
from collector.jobs.history import IDLE_S, REST, REST_BUSY, HistoryLoop, Pace
from tests.builders import a_health
from tests.fakes.health_desk import HealthDesk

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[HealthDesk]:
    desk = HealthDesk(tmp_path, NOW)
    yield desk
    desk.store.close()


def history(desk: HealthDesk) -> HistoryLoop:
    clock = {"now": lambda: desk.now, "monotonic": time.monotonic, "busy_s": lambda: 0.0}
    return HistoryLoop(desk.store, desk.retention, **clock)  # type: ignore[arg-type]


@pytest.mark.parametrize(("busy_s", "factor"), [(0.0, REST), (5.0, REST + REST_BUSY / 2), (10.0, REST + REST_BUSY)])
def test_the_rest_grows_with_the_share_of_the_time_that_the_writer_worked(busy_s: float, factor: float) -> None:
    assert Pace(100.0, 50.0).rest_s(0.1, 100.0 + busy_s, 60.0) == pytest.approx(0.1 * factor)


def test_only_the_time_since_the_last_piece_counts() -> None:
    pace = Pace(0.0, 0.0)
    pace.rest_s(0.1, 10.0, 10.0)
    assert pace.rest_s(0.1, 10.0, 20.0) == pytest.approx(0.1 * REST)
    assert pace.rest_s(0.1, 10.0, 20.0) == pytest.approx(0.1 * (REST + REST_BUSY)), "no time has passed"


def test_a_backlog_is_followed_by_a_short_rest_and_its_end_by_a_long_one(desk: HealthDesk) -> None:
    hours = HOURS_AT_ONCE + 1
    desk.take([a_health(sampled_at=NOW - timedelta(hours=2 + at)) for at in range(hours)])
    loop = history(desk)
    assert loop.turn() < IDLE_S
    assert desk.count("health_hour") == HOURS_AT_ONCE
    while loop.turn() < IDLE_S:
        pass
    assert (desk.count("health_hour"), desk.count("health_hot")) == (hours, 0)


def test_the_thread_folds_and_ends(desk: HealthDesk) -> None:
    desk.take([a_health(sampled_at=NOW - timedelta(hours=2 + at)) for at in range(3 * HOURS_AT_ONCE)])
    loop = history(desk)
    loop.start()
    deadline = time.monotonic() + 20
    while desk.count("health_hot") and time.monotonic() < deadline:
        time.sleep(0.01)
    loop.stop()
    assert (desk.count("health_hot"), loop.is_alive) == (0, False)
