"""Samples come in once, at their own time, whatever the clock of their host says."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from collector.health.folding import fold_hours
from collector.health.hours import hour_of
from collector.health.keeping import keep
from collector.health.reading import newest, samples_between
from collector.store.instant import to_us
from tests.builders import a_health
from tests.fakes.health_desk import SITE, HealthDesk


def _newest(desk: HealthDesk) -> object:
    with desk.store.reading() as connection:
        found = newest(connection, desk.host)
    return found.sampled_at if found else None


def test_a_repeat_changes_nothing_in_any_delivery(desk: HealthDesk) -> None:
    first = a_health(sampled_at=desk.now, cpu_percent=1.0)
    desk.take([first, first])
    desk.take([a_health(sampled_at=desk.now, cpu_percent=99.0)])
    assert desk.count("health_hot") == 1
    desk.work(hours=2)
    desk.take([first])
    desk.work(hours=2)
    assert desk.count("health_hot") == 0
    assert desk.rows("SELECT samples FROM health_hour") == [(1,)]
    assert [point.summary.high for point in desk.points("cpu_percent", 1, 289)] == [1.0]


def test_nothing_is_kept_of_a_transaction_that_fails(desk: HealthDesk) -> None:
    with pytest.raises(RuntimeError), desk.store.writing() as connection:  # noqa: PT012
        keep(connection, [(desk.host, SITE, a_health(sampled_at=desk.now), desk.now)])
        raise RuntimeError
    assert desk.count("health_hot") == 0
    with desk.store.writing() as connection:
        keep(connection, [])


def test_many_agents_in_one_call(desk: HealthDesk) -> None:
    samples = [a_health(sampled_at=desk.now - timedelta(minutes=at)) for at in range(5)]
    with desk.store.writing() as connection:
        keep(connection, [(host, SITE, each, desk.now) for each in samples for host in (desk.other, desk.host)])
    assert desk.count("health_hot") == 10


def test_a_week_without_a_connection_is_filled_in(desk: HealthDesk) -> None:
    desk.take(a_health(sampled_at=desk.now - timedelta(minutes=10 * at)) for at in range(6 * 24 * 7))
    desk.work(hours=1)
    assert len(desk.points("cpu_percent", 8, 8 * 24 + 2)) == 7 * 24 + 1


def test_a_clock_that_is_ahead_moves_the_delivery_back(desk: HealthDesk) -> None:
    ahead = desk.now + timedelta(days=300)
    desk.take([a_health(sampled_at=ahead - timedelta(minutes=5)), a_health(sampled_at=ahead)])
    assert _newest(desk) == desk.now
    assert desk.rows("SELECT max(sampled_at) - min(sampled_at) FROM health_hot") == [(300_000_000,)]
    desk.take([a_health(sampled_at=desk.now + timedelta(minutes=9))])
    assert _newest(desk) == desk.now + timedelta(minutes=9)


def test_a_clock_that_was_never_set_is_left_out_and_told(desk: HealthDesk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        desk.take([a_health(sampled_at=desk.now - timedelta(days=20_000)), a_health(sampled_at=desk.now)])
    assert desk.count("health_hot") == 1
    assert "clock" in caplog.text


def test_the_newest_sample_is_found_wherever_it_is(desk: HealthDesk) -> None:
    assert _newest(desk) is None
    desk.take([a_health(sampled_at=desk.now)])
    desk.take([a_health(sampled_at=desk.now - timedelta(minutes=2))])
    assert _newest(desk) == desk.now
    at = desk.now
    desk.work(days=3)
    assert desk.count("health_hot") == 0
    assert _newest(desk) == at


def test_a_row_that_cannot_be_read_costs_itself(desk: HealthDesk, caplog: pytest.LogCaptureFixture) -> None:
    desk.take([a_health(sampled_at=desk.now - timedelta(minutes=at)) for at in (1, 2)])
    with desk.store.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE health_hot SET body = 'x' WHERE sampled_at = (SELECT max(sampled_at) FROM health_hot)"
        )
    hours = [hour_of(to_us(desk.now))]
    with desk.store.reading() as connection:
        assert len(samples_between(connection, desk.host, hours)) == 1
    assert fold_hours(desk.store, desk.retention, desk.now + timedelta(hours=1)) == 1
    assert desk.count("health_hot") == 0
    assert desk.rows("SELECT samples FROM health_hour") == [(1,)]
    assert "cannot be read" in caplog.text
