from __future__ import annotations

from collector.health.hours import HOUR_US
from collector.health.model import RollUp, Sample, Summary
from collector.health.rollups import (
    pack_rollups,
    replaced,
    rolled_hours,
    rolled_together,
    summarised,
    together,
    unpack_rollups,
)

CALM = Summary(60, 3.2, 3.2, 3.2, 3.2)
BUSY = Summary(60, 1.0, 20.5, 99.9, 4.0)
RARE = Summary(2, 7.0, 7.5, 8.0, 8.0)


def test_roll_ups_come_back_and_what_never_changed_costs_little() -> None:
    rows = [
        RollUp(0, {"cpu": BUSY, "swap": CALM}),
        RollUp(HOUR_US, {"cpu": BUSY, "swap": CALM, "disks.used_percent:/": RARE}),
        RollUp(2 * HOUR_US, {}),
    ]
    assert unpack_rollups(pack_rollups(rows)) == rows
    assert unpack_rollups(pack_rollups(rows), {"swap"})[0].series == {"swap": CALM}
    calm = [RollUp(hour * HOUR_US, {"swap": CALM}) for hour in range(24)]
    assert len(pack_rollups(calm)) < 100


def test_a_whole_of_parts_is_what_its_samples_say() -> None:
    values = [1.0, 9.0, 2.0, 4.0, 4.0, 10.0]
    assert together([summarised(values[:2]), summarised(values[2:])]) == summarised(values)
    assert together([CALM]) is CALM


def test_a_mean_stays_between_least_and_greatest() -> None:
    third = summarised([0.12344, 0.12344, 0.12344])
    assert third.low <= third.mean <= third.high
    assert together([third, third]).mean == 0.12344


def test_hours_are_rolled_up_with_rates_across_their_borders() -> None:
    samples = [
        Sample(HOUR_US - 10_000_000, {"boot_id": "a", "net_sent_bytes": 1_000, "cpu_percent": 1.0}),
        Sample(HOUR_US, {"boot_id": "a", "net_sent_bytes": 2_000, "cpu_percent": 3.0}),
    ]
    first, second = rolled_hours(samples)
    assert first.series == {"cpu_percent": summarised([1.0])}
    assert second.series == {"cpu_percent": summarised([3.0]), "net_sent_bytes/s": summarised([100.0])}


def test_days_of_hours_and_newer_ones_in_place_of_older() -> None:
    hours = [RollUp(0, {"cpu": summarised([1.0])}), RollUp(HOUR_US, {"cpu": summarised([3.0]), "swap": CALM})]
    day = rolled_together(0, hours)
    assert day.series == {"cpu": summarised([1.0, 3.0]), "swap": CALM}
    newer = RollUp(0, {})
    assert replaced([hours[1], hours[0]], [newer]) == [newer, hours[1]]
