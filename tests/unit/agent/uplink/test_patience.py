from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.uplink.patience import COIN_S, COINS, TRUSTED, Ending, Patience
from wire.waiting import LONGEST_S, SHORTEST_S

waits = st.tuples(
    st.sampled_from(Ending),
    st.floats(0, 80),  # how long it was held
    st.floats(0, 1, exclude_max=True),
    st.one_of(st.none(), st.floats(0, 3_600)),
    st.floats(0, 1e9),
)


@given(st.lists(waits, max_size=80), st.floats(0, 1e6))
def test_whatever_is_answered_the_rate_is_bounded_and_the_time_sane(
    answers: list[tuple[Ending, float, float, float | None, float]], start: float
) -> None:
    patience, now, asked = Patience(), start, list[float]()
    for ending, held_s, chance, allowed_s, retry_after_s in answers:
        while (pause_s := patience.take(now)) > 0:
            now += pause_s + 1e-6
        asked.append(now)
        assert SHORTEST_S <= patience.ask_s <= LONGEST_S
        now += held_s
        patience.learn(ending, now=now, held_s=held_s, chance=chance, allowed_s=allowed_s, retry_after_s=retry_after_s)
        assert 0 <= patience.next_at - now <= 4_000
    for first in range(len(asked)):
        for last in range(first, len(asked)):
            assert last - first + 1 <= COINS + (asked[last] - asked[first]) / COIN_S + 1e-3


def test_the_purse_fills_again() -> None:
    patience = Patience()
    assert [patience.take(0) for _ in range(int(COINS))] == [0] * int(COINS)
    assert patience.take(0) == COIN_S
    assert patience.take(COIN_S) == 0
    assert [patience.take(10_000) for _ in range(int(COINS))] == [0] * int(COINS)
    assert patience.take(10_000) > 0


def test_time_that_goes_backwards_fills_nothing() -> None:
    patience = Patience()
    for _ in range(int(COINS)):
        patience.take(100)
    assert patience.take(50) > 0
    assert patience.take(55) == 0


def test_after_enough_whole_waits_more_is_tried() -> None:
    patience = Patience()
    for _ in range(2):
        patience.learn(Ending.CUT, now=0, held_s=10, chance=0.5)
    assert patience.ask_s == 8
    for _ in range(TRUSTED):
        patience.learn(Ending.NOTHING, now=0, held_s=8, chance=0.5)
    assert patience.ask_s > 9
    for _ in range(TRUSTED * 20):
        patience.learn(Ending.NOTHING, now=0, held_s=8, chance=0.5)
    assert patience.ask_s == LONGEST_S
