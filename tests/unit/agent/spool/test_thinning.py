from __future__ import annotations

from datetime import timedelta

from agent.spool.thinning import FRESH, surplus
from wire.messages import EXAMPLE_TIME

TIMES = [EXAMPLE_TIME + timedelta(minutes=minute) for minute in range(FRESH + 60)]


def test_of_what_is_old_the_first_of_each_slot_stays() -> None:
    gone = surplus(TIMES, 900)
    assert set(range(60)) - set(gone) == {0, 15, 30, 45}


def test_what_is_fresh_stays_whole() -> None:
    assert surplus(TIMES[:FRESH], 900) == []
    assert max(surplus(TIMES, 900)) < 60


def test_what_is_thin_is_not_thinned_again() -> None:
    thin = [time for at, time in enumerate(TIMES) if at not in surplus(TIMES, 900)]
    assert surplus(thin, 900) == []
