from __future__ import annotations

import pytest

from wire.pacing import phase_s


def test_phases_spread_over_the_interval() -> None:
    phases = [phase_s(f"agent-{number}", 60.0) for number in range(6_000)]
    assert all(0 <= phase < 60 for phase in phases)
    in_each = [sum(start <= phase < start + 10 for phase in phases) for start in range(0, 60, 10)]
    assert all(800 < count < 1_200 for count in in_each)


@pytest.mark.parametrize("interval_s", [0.1, 60.0, 86_400.0])
def test_the_phase_is_the_same_share_of_every_interval(interval_s: float) -> None:
    assert phase_s("agent-1", interval_s) == pytest.approx(phase_s("agent-1", 1.0) * interval_s)
