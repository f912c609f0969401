"""The ladder: every step at every fill."""

from __future__ import annotations

import pytest

from agent.budgets.state import BOUNDS, TABLE, Band, Step, band_of, next_step

F, L, C, H = Step.FULL, Step.LEAN, Step.COUNTS, Step.HEARTBEAT
EXPECTED = {
    (F, Band.UNDER_35): F,
    (F, Band.FROM_35): F,
    (F, Band.FROM_50): L,
    (F, Band.FROM_60): L,
    (F, Band.FROM_75): L,
    (F, Band.FROM_85): L,
    (F, Band.SPENT): L,
    (F, Band.OVERDUE): F,
    (L, Band.UNDER_35): F,
    (L, Band.FROM_35): L,
    (L, Band.FROM_50): L,
    (L, Band.FROM_60): L,
    (L, Band.FROM_75): C,
    (L, Band.FROM_85): C,
    (L, Band.SPENT): C,
    (L, Band.OVERDUE): L,
    (C, Band.UNDER_35): L,
    (C, Band.FROM_35): L,
    (C, Band.FROM_50): L,
    (C, Band.FROM_60): C,
    (C, Band.FROM_75): C,
    (C, Band.FROM_85): C,
    (C, Band.SPENT): H,
    (C, Band.OVERDUE): C,
    (H, Band.UNDER_35): C,
    (H, Band.FROM_35): C,
    (H, Band.FROM_50): C,
    (H, Band.FROM_60): C,
    (H, Band.FROM_75): C,
    (H, Band.FROM_85): H,
    (H, Band.SPENT): H,
    (H, Band.OVERDUE): C,
}


def test_the_whole_product_is_expected() -> None:
    assert set(EXPECTED) == {(step, band) for step in Step for band in Band}
    assert {len(row) for row in TABLE.values()} == {len(Band)}


@pytest.mark.parametrize(("step", "band"), list(EXPECTED))
def test_every_step_at_every_fill(step: Step, band: Band) -> None:
    assert next_step(step, band) is EXPECTED[step, band]


def test_a_step_is_never_jumped_over() -> None:
    order = list(Step)
    assert all(abs(order.index(step) - order.index(new)) <= 1 for step, row in TABLE.items() for new in row)


def test_between_tightening_and_easing_lies_a_distance() -> None:
    for looser, tighter in zip(Step, list(Step)[1:], strict=False):
        tightens = next(bound for bound in BOUNDS if next_step(looser, band_of(bound)) is tighter)
        eases = max(bound for bound in BOUNDS if next_step(tighter, band_of(bound - 0.001)) is looser)
        assert tightens - eases >= 0.14


def test_bands() -> None:
    assert [band_of(fill) for fill in (0, 0.3499, 0.35, 0.999, 1.0, 7.0)] == [0, 0, 1, 5, 6, 6]
