"""Hours become blobs and days roll-ups; what comes late is merged; what is old goes, a tier at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from collector.health import folding, repository
from collector.health.folding import HOUR_SAMPLES, fitted, fold_hours, roll_up_days
from collector.health.hours import pack_samples
from collector.health.model import Sample
from collector.settings.model import Retention
from tests.builders import a_health
from tests.fakes.health_desk import HealthDesk
from wire.messages import Health

LONG = Retention(health_days=400, health_hourly_days=3_660, health_daily_days=36_600)


def every(minutes: float, since: datetime, until: datetime) -> Iterator[Health]:
    at = 0
    while (sampled := since + timedelta(minutes=minutes * at)) < until:
        yield a_health(sampled_at=sampled, cpu_percent=float(at % 100))
        at += 1


def test_an_hour_is_folded_when_it_is_over_and_a_little_more(desk: HealthDesk) -> None:
    hour = desk.now.replace(minute=0)
    desk.take(every(1, hour, desk.now))
    assert fold_hours(desk.store, desk.retention, hour + timedelta(minutes=64)) == 0
    assert fold_hours(desk.store, desk.retention, hour + timedelta(minutes=65)) == 1
    assert (desk.count("health_hot"), desk.count("health_hour"), desk.count("health_due")) == (0, 1, 1)


def test_what_comes_late_is_merged_and_its_day_rolled_up_again(desk: HealthDesk) -> None:
    day = desk.now.replace(hour=0, minute=0) - timedelta(days=1)
    whole = list(every(10, day, day + timedelta(days=1)))
    desk.take(whole[::2])
    desk.work(hours=1)
    before = desk.points("cpu_percent", 3, 60)
    desk.take(whole[1::2])
    read_hot = desk.points("cpu_percent", 3, 60)
    desk.work(minutes=1)
    after = desk.points("cpu_percent", 3, 60)
    assert sum(point.summary.count for point in before) == 72
    assert sum(point.summary.count for point in after) == 144
    assert desk.count("health_day") == 1
    assert read_hot == before, "a day that is rolled up is read from there until it is rolled up again"
    desk.work()
    straight = HealthDesk(desk.folder / "straight", desk.now)
    straight.take(whole)
    straight.work()
    assert straight.points("cpu_percent", 3, 60) == after
    straight.store.close()


def test_turns_are_bounded_and_end(desk: HealthDesk) -> None:
    for host in (desk.host, desk.other):
        desk.take(every(30, desk.now - timedelta(hours=50), desk.now), host)
    later = desk.now + timedelta(hours=2)
    turns = []
    while done := fold_hours(desk.store, desk.retention, later, 40):
        turns.append(done)
    assert turns == [40, 40, 22]
    assert roll_up_days(desk.store, later, 3) == 3


def test_a_stop_between_reading_and_writing_loses_nothing(desk: HealthDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.take(every(10, desk.now - timedelta(hours=3), desk.now))

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # noqa: PT012
        patch.setattr(repository, "mark_due", stop)
        fold_hours(desk.store, desk.retention, desk.now)
    assert (desk.count("health_hot"), desk.count("health_hour")) == (18, 0)
    desk.work(hours=2)
    assert desk.rows("SELECT sum(samples) FROM health_hour") == [(18,)]


def test_a_sample_that_comes_while_its_hour_is_folded_is_not_lost(desk: HealthDesk) -> None:
    hour = desk.now.replace(minute=0) - timedelta(hours=2)
    desk.take(every(10, hour, hour + timedelta(hours=1)))
    with desk.store.reading() as connection:
        keys = repository.hours_over(connection, 10**6, 10)
        ready = [folding.folded(connection, *key, is_kept=True) for key in keys]
    desk.take([a_health(sampled_at=hour + timedelta(minutes=5))])
    with desk.store.writing() as connection:
        folding.write_hour(connection, ready[0])
        folding.write_hour(connection, ready[0])  # a second process with the same picture
    assert desk.rows("SELECT samples FROM health_hour") == [(6,)]
    assert desk.count("health_hot") == 1
    desk.work()
    assert desk.rows("SELECT samples FROM health_hour") == [(7,)]


def test_a_day_that_changes_while_it_is_rolled_up_stays_due(desk: HealthDesk) -> None:
    desk.take(every(30, desk.now - timedelta(days=1), desk.now - timedelta(hours=12)))
    fold_hours(desk.store, desk.retention, desk.now)
    with desk.store.reading() as connection:
        due = repository.due_days(connection, 10**6, 1)[0]
    with desk.store.writing() as connection:
        repository.mark_due(connection, due.day, due.agent_id, due.site_id)
    with desk.store.writing() as connection:
        assert not repository.settle_due(connection, due)
    assert desk.count("health_due") == 1


def test_each_tier_keeps_as_long_as_the_settings_say(desk: HealthDesk) -> None:
    desk.retention = LONG
    desk.take(every(60, desk.now - timedelta(days=70), desk.now))
    desk.work(hours=2)
    before = desk.points("cpu_percent", 70, 72)
    desk.retention = Retention(health_days=10, health_hourly_days=40, health_daily_days=32)
    assert desk.expire() > 0
    assert desk.rows("SELECT count(*) FROM health_hour")[0][0] == 10 * 24 + 10
    assert desk.count("health_day") == 40
    assert desk.count("health_month") == 2
    after = desk.points("cpu_percent", 50, 52)
    assert after == before[-len(after) :], "a roll-up stays what it was when its samples are gone"
    assert desk.expire() == 0


def test_hours_stay_until_they_are_rolled_up(desk: HealthDesk) -> None:
    desk.retention = LONG
    desk.take(every(60, desk.now - timedelta(days=20), desk.now - timedelta(days=19)))
    while fold_hours(desk.store, desk.retention, desk.now):
        pass
    desk.retention = Retention(health_days=10)
    assert desk.expire() == 0
    desk.work()
    assert desk.expire() == 24


def test_what_comes_for_days_whose_samples_are_gone_leaves_the_roll_up_alone(desk: HealthDesk) -> None:
    desk.retention = LONG
    day = desk.now.replace(hour=0, minute=0) - timedelta(days=20)
    desk.take(every(10, day, day + timedelta(days=1)))
    desk.work()
    desk.retention = Retention(health_days=10)
    desk.expire()
    before = desk.points("cpu_percent", 30, 31)
    desk.take([a_health(sampled_at=day + timedelta(minutes=3))])
    desk.work()
    assert (desk.count("health_hot"), desk.count("health_hour")) == (0, 0)
    assert desk.points("cpu_percent", 30, 31) == before


def test_a_damaged_blob_costs_itself(desk: HealthDesk, caplog: pytest.LogCaptureFixture) -> None:
    yesterday = desk.now - timedelta(days=1)
    desk.take(every(30, yesterday, desk.now))
    desk.work(hours=2)
    whole = len(desk.points("cpu_percent", 1.2, 300))
    with desk.store.writing() as connection:
        connection.exec_driver_sql("UPDATE health_hour SET body = 'x' WHERE hour = (SELECT max(hour) FROM health_hour)")
        connection.exec_driver_sql("UPDATE health_day SET body = 'x'")
        connection.exec_driver_sql("UPDATE health_month SET body = 'x'")
    assert whole - 2 <= len(desk.points("cpu_percent", 1.2, 300)) < whole
    assert desk.points("cpu_percent", 7, 169), "samples stand in for roll-ups that cannot be read"
    desk.take(
        [
            a_health(sampled_at=yesterday + timedelta(minutes=1)),
            a_health(sampled_at=desk.now - timedelta(hours=2, minutes=1)),
        ]
    )
    desk.work(days=1)
    assert "begun anew" in caplog.text
    assert "cannot be read" in caplog.text
    assert desk.points("cpu_percent", 7, 8)


def test_a_flood_of_samples_in_one_hour_is_thinned() -> None:
    few = [Sample(at, {"cpu": 1.0}) for at in range(HOUR_SAMPLES)]
    assert fitted(few) == (few, pack_samples(few))
    many = [Sample(at, {"cpu": 1.0}) for at in range(HOUR_SAMPLES + 1)]
    assert len(fitted(many)[0]) == HOUR_SAMPLES // 2 + 1
    wide = [
        Sample(at, {f"s{name}-{'x' * 4_000}": str(at) for name in range(3)} | {"t": "y" * 4_000 + str(at)})
        for at in range(3_000)
    ]
    kept, blob = fitted(wide)
    assert len(kept) == 1_500
    assert blob
