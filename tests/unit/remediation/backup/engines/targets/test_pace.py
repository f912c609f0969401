from __future__ import annotations

import pytest

from remediation.backup.engines.targets.pace import PIECE_BYTES, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize("rate", [1_000, 1_000_000])
def test_no_more_than_the_rate_goes(rate: int) -> None:
    clock = Clock()
    pace = Pace(rate, lambda: clock.now, clock.sleep)
    for _ in range(100):
        pace.take(rate // 10)
    assert clock.now - 100 == pytest.approx(9.9)


def test_an_idle_time_is_caught_up_with_a_little() -> None:
    clock = Clock()
    pace = Pace(1_000, lambda: clock.now, clock.sleep)
    clock.now += 3_600
    before = clock.now
    pace.take(1_000)
    pace.take(1_000)
    assert clock.now - before == pytest.approx(0.75)


def test_without_a_limit_nobody_waits() -> None:
    clock = Clock()
    pace = Pace(None, lambda: clock.now, clock.sleep)
    assert b"".join(pace.pieces(bytes(300_000))) == bytes(300_000)
    assert clock.now == 100
    assert [len(piece) for piece in pace.pieces(bytes(PIECE_BYTES + 1))] == [PIECE_BYTES, 1]
