from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collector.ingest.turns import GROUP, Turn, Turns

UNITS = 5_000


def a_turn(item: str, site: str = "seoul", *, urgent: bool = False, units: int = 5, since: float = 0.0) -> Turn[str]:
    return Turn(item, site, urgent, units, 100, since)


def taken(turns: Turns[str]) -> list[str]:
    return [turn.item for turn in turns.take(UNITS)]


def test_nothing_waits() -> None:
    turns: Turns[str] = Turns()
    assert taken(turns) == []
    assert turns.oldest_since is None


def test_one_site_keeps_its_order() -> None:
    turns: Turns[str] = Turns()
    for number in range(10):
        turns.add(a_turn(str(number)))
    assert taken(turns) == [str(number) for number in range(10)]


def test_sites_take_turns_so_that_a_flood_is_not_in_front() -> None:
    turns: Turns[str] = Turns()
    for number in range(1_000):
        turns.add(a_turn(f"flood-{number}", "flood"))
    for number in range(50):
        turns.add(a_turn(f"calm-{number}", f"calm-{number}"))
    first = taken(turns)
    assert len(first) == GROUP
    assert {f"calm-{number}" for number in range(50)} <= set(first)
    assert [item for item in first if item.startswith("flood")] == [f"flood-{at}" for at in range(GROUP - 50)]


def test_a_group_is_bounded_in_work() -> None:
    turns: Turns[str] = Turns()
    for number in range(100):
        turns.add(a_turn(str(number), units=504))
    assert len(taken(turns)) == -(-UNITS // 504)


def test_one_batch_of_any_size_gets_through() -> None:
    turns: Turns[str] = Turns()
    turns.add(a_turn("large", units=10 * UNITS))
    turns.add(a_turn("small"))
    assert taken(turns) == ["large"]
    assert taken(turns) == ["small"]


def test_what_somebody_waits_for_comes_first() -> None:
    turns: Turns[str] = Turns()
    for number in range(3):
        turns.add(a_turn(f"routine-{number}"))
    turns.add(a_turn("urgent", urgent=True))
    assert taken(turns) == ["urgent", "routine-0", "routine-1", "routine-2"]


def test_routine_is_not_starved() -> None:
    turns: Turns[str] = Turns()
    turns.add(a_turn("routine", "quiet"))
    for number in range(10_000):
        turns.add(a_turn(str(number), "loud", urgent=True, units=504))
    assert "routine" in taken(turns)


def test_who_has_waited_longest_is_known_whoever_is_first() -> None:
    turns: Turns[str] = Turns()
    turns.add(a_turn("old", since=1.0))
    turns.add(a_turn("new", urgent=True, since=2.0))
    assert turns.oldest_since == 1.0
    turns.take(UNITS)
    assert turns.oldest_since is None


@given(
    arrivals=st.lists(
        st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(1, 3_000), st.booleans()), max_size=120
    )
)
def test_each_is_taken_once_in_its_sites_order_and_the_sums_agree(
    arrivals: list[tuple[str, bool, int, bool]],
) -> None:
    turns: Turns[int] = Turns()
    seen: list[Turn[int]] = []
    added: list[Turn[int]] = []
    for number, (site, urgent, units, take) in enumerate(arrivals):
        added.append(Turn(number, site, urgent, units, 10, float(number)))
        turns.add(added[-1])
        if take:
            seen += turns.take(UNITS)
        left = [turn for turn in added if turn not in seen]
        assert turns.units == sum(turn.units for turn in left)
        assert turns.size_bytes == 10 * len(left)
        assert turns.sites == len({turn.site for turn in left})
        assert turns.units_of(site) == sum(turn.units for turn in left if turn.site == site)
        assert turns.oldest_since == min((turn.since for turn in left), default=None)
    while group := turns.take(UNITS):
        assert len(group) <= GROUP
        seen += group
    assert sorted(turn.item for turn in seen) == list(range(len(added)))
    for site in "abc":
        for urgent in (True, False):
            mine = [turn.item for turn in seen if turn.site == site and turn.urgent == urgent]
            assert mine == sorted(mine)
