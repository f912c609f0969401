"""The mark and the few above it say the same as a set of every applied sequence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collector.ingest.marks import ABOVE_MAX, TooFarAhead, place


@given(sequences=st.lists(st.integers(1, 12), max_size=60))
def test_as_a_set(sequences: list[int]) -> None:
    mark, above = 0, frozenset[int]()
    applied: set[int] = set()
    for sequence in sequences:
        placed = place(mark, above, sequence)
        assert placed.duplicate == (sequence in applied)
        applied.add(sequence)
        mark = placed.mark
        above = (above | ({placed.added} if placed.added is not None else set())) - set(placed.removed)
        assert applied == set(range(1, mark + 1)) | above
        assert mark + 1 not in above


def test_so_many_holes_are_refused() -> None:
    full = frozenset(range(3, 3 + ABOVE_MAX))
    try:
        place(1, full, 9_999_999)
    except TooFarAhead:
        assert place(1, full, 2).mark == 2 + ABOVE_MAX, "filling the hole is still possible"
    else:
        raise AssertionError("it was taken")
