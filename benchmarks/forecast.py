"""How often a forecast is wrong: false alarms on noise, misses on disks that really fill up. Fixed seeds."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from agent.health.forecast import DUE, Point, days_left
from tests.fakes import series

RUNS = 2_000
Make = Callable[[int], list[Point]]


def _any_growth(seed: int) -> list[Point]:
    chance = random.Random(seed)  # noqa: S311  # the same series in every run
    per_day = chance.uniform(0.5, 6)
    return series.growth(seed, per_day=per_day, last=100 - per_day * chance.uniform(3, 6), days=chance.uniform(9, 21))


QUIET: dict[str, Make] = {
    "flat, 1.5 % scatter, at 30 to 93 %": lambda seed: series.flat(seed, level=30 + seed % 64),
    "flat with 40 % of the points missing": lambda seed: series.flat(seed, level=80, gaps=0.4),
    "days and weeks": series.seasons,
    "one step of 25 % at any day": lambda seed: series.one_step(seed, at=(seed % 19 + 1) / 20),
    "rotation each day, to 95 %": lambda seed: series.sawtooth(seed, period=1, high=95),
    "rotation each third day, to 95 %": lambda seed: series.sawtooth(seed, period=3, high=95, days=12 + seed % 90 / 10),
    "rotation each week, to 88 %": lambda seed: series.sawtooth(seed, days=8 + seed % 130 / 10),
    "the first week of weekly rotation": lambda seed: series.sawtooth(seed, days=5 + seed % 20 / 10),
    "rise of 0.5 % a day, at 60 %": lambda seed: series.growth(seed, per_day=0.5, last=60),
}
URGENT: dict[str, Make] = {
    "rise of 2 % a day, 5 days left": series.growth,
    "the same with 30 % of the points missing": lambda seed: series.growth(seed, gaps=0.3),
    "rise of 2 % a day, 1.5 % scatter": lambda seed: series.growth(seed, noise=1.5),
    "rise of 5 % a day since 9 days": lambda seed: series.growth(seed, days=9, per_day=5),
    "two weeks of rest, then 4 % a day": series.growth_after_rest,
    "cleaned once, and grown past it": series.growth_after_cleaning,
    "0.5 to 6 % a day, 3 to 6 days left": _any_growth,
}


def _share(make: Make) -> float:
    return 100 * sum(days_left(make(seed)) <= DUE.raise_at for seed in range(RUNS)) / RUNS


def main() -> None:
    for name, make in QUIET.items():
        print(f"false alarms {_share(make):6.2f} %  {name}")
    for name, make in URGENT.items():
        print(f"misses       {100 - _share(make):6.2f} %  {name}")
    points = series.seasons(1)
    begin = time.perf_counter()
    for _ in range(200):
        days_left(points)
    print(f"one forecast of three weeks: {(time.perf_counter() - begin) / 200 * 1_000:.2f} ms")


if __name__ == "__main__":
    main()
