"""Series as hosts have them: peaks of four hours in percent, with what disturbs a forecast. Seeded."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from agent.health.forecast import SLOTS, SLOTS_A_DAY, Point

Series = list[Point]


def _made(value: Callable[[float], float], days: float, noise: float, seed: int, gaps: float = 0.0) -> Series:
    chance = random.Random(seed)
    count = int(days * SLOTS_A_DAY)
    points = []
    for slot in range(count):
        peak = value(slot / SLOTS_A_DAY) + chance.gauss(0, noise)
        if chance.random() >= gaps:
            points.append((slot, min(100.0, max(0.0, peak))))
    return points[-SLOTS:]


def flat(seed: int, level: float = 70, noise: float = 1.5, days: float = 21, gaps: float = 0.0) -> Series:
    return _made(lambda _: level, days, noise, seed, gaps)


def seasons(seed: int, level: float = 65, noise: float = 1.0, days: float = 21) -> Series:
    """Busy by day and quiet at night, and quieter at weekends."""

    def value(day: float) -> float:
        week = 6.0 if day % 7 < 5 else 0.0
        return level + 8 * math.sin(2 * math.pi * day) + week

    return _made(value, days, noise, seed)


def one_step(seed: int, level: float = 55, step: float = 25, at: float = 0.6, days: float = 21) -> Series:
    """A new application arrives, and stays."""
    return _made(lambda day: level + (step if day > at * days else 0), days, 0.8, seed)


def sawtooth(
    seed: int, period: float = 7, low: float = 50, high: float = 88, days: float = 20.5, noise: float = 0.4
) -> Series:
    """Logs that grow until they are rotated away."""
    return _made(lambda day: low + (high - low) * (day % period) / period, days, noise, seed)


def growth(
    seed: int, per_day: float = 2.0, last: float = 90, noise: float = 0.6, days: float = 14, gaps: float = 0.0
) -> Series:
    """A disk that fills up and is at `last` percent now."""
    return _made(lambda day: last - per_day * (days - day), days, noise, seed, gaps)


def growth_after_rest(seed: int, per_day: float = 4.0, last: float = 85, grows: float = 6, days: float = 20) -> Series:
    """Nothing for two weeks, and then something writes."""
    level = last - per_day * grows
    return _made(lambda day: level + per_day * max(0.0, day - (days - grows)), days, 0.5, seed)


def growth_after_cleaning(seed: int, per_day: float = 4.0, last: float = 90) -> Series:
    """It grew, somebody made room, and it grew past the old peak."""
    return _made(lambda day: 60 + per_day * day if day < 4 else last - per_day * (14 - day), 14, 0.5, seed)
