from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.health.differences import NAMES, Memory, compare, memory_text, read_memory

SETS = st.frozensets(st.sampled_from("abcdef"))


def test_the_first_look_tells_nothing() -> None:
    assert compare(Memory(), frozenset("ab"), 0, settle_s=10).changed == {}


def test_what_changes_back_is_forgotten() -> None:
    memory = compare(Memory(), frozenset("ab"), 0, settle_s=10)
    memory = compare(memory, frozenset("abc"), 1, settle_s=10)
    assert memory.changed == {"c": 1}
    memory = compare(memory, frozenset("ab"), 2, settle_s=10)
    assert (memory.changed, memory.known) == ({}, frozenset("ab"))


def test_what_stays_becomes_normal_in_both_directions() -> None:
    memory = compare(Memory(), frozenset("ab"), 0, settle_s=10)
    for at in (1, 5, 11):
        memory = compare(memory, frozenset("bc"), at, settle_s=10)
    assert (memory.changed, memory.known) == ({}, frozenset("bc"))


def test_a_clock_that_goes_back_does_not_keep_a_change_for_ever() -> None:
    memory = compare(Memory(), frozenset(), 1_000_000, settle_s=10)
    memory = compare(memory, frozenset("a"), 1_000_000, settle_s=10)
    memory = compare(memory, frozenset("a"), 5, settle_s=10)
    assert compare(memory, frozenset("a"), 15, settle_s=10).changed == {}


@given(st.lists(SETS, min_size=1))
def test_what_is_told_is_the_difference_to_what_is_known(looks: list[frozenset[str]]) -> None:
    memory = Memory()
    for at, present in enumerate(looks):
        memory = read_memory(memory_text(compare(memory, present, at, settle_s=3)))
        assert set(memory.changed) == memory.known ^ present


def test_a_broken_memory_is_a_first_look() -> None:
    assert read_memory("") == read_memory("{]") == Memory()


def test_a_host_with_very_many_is_cut() -> None:
    many = frozenset(str(number) for number in range(10 * NAMES))
    assert len(compare(Memory(), many, 0, settle_s=1).known) == NAMES
