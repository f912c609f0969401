from __future__ import annotations

from datetime import timedelta

import pytest

from collector.backups.standing import Drill, Standing, Verdict, judge, site_is_green
from tests.builders import NOW

ALLOWED = timedelta(days=35)
MOMENT = timedelta(microseconds=1)


def drill(level: int = 3, *, days: float = 0, is_good: bool = True) -> Drill:
    return Drill(level, is_good, NOW - timedelta(days=days))


def verdict(*drills: Drill, has_proofs: bool = False) -> Verdict:
    return judge(drills, NOW, ALLOWED, has_proofs=has_proofs)


@pytest.mark.parametrize(
    ("drills", "standing"),
    [
        ([], Standing.UNKNOWN),
        ([drill(2)], Standing.UNPROVEN),
        ([drill(3)], Standing.PROVEN),
        ([drill(4)], Standing.PROVEN),
        ([drill(3, days=35)], Standing.OLD),
        ([drill(3, is_good=False)], Standing.FAILED),
        ([drill(3, days=2), drill(3, days=1, is_good=False)], Standing.FAILED),
        ([drill(3, days=2, is_good=False), drill(3, days=1)], Standing.PROVEN),
        ([drill(3, days=2), drill(1, days=1, is_good=False)], Standing.FAILED),
        ([drill(1, days=2, is_good=False), drill(3, days=1)], Standing.FAILED),
        ([drill(1, days=2, is_good=False), drill(1, days=1.5), drill(3, days=1)], Standing.PROVEN),
        ([drill(3), drill(3, is_good=False)], Standing.FAILED),
    ],
)
def test_what_is_green(drills: list[Drill], standing: Standing) -> None:
    found = verdict(*drills)
    assert found.standing is standing
    assert verdict(*reversed(drills)) == found, "in any order"
    assert found.is_green == (standing is Standing.PROVEN)


def test_proofs_without_a_drill_prove_nothing() -> None:
    assert verdict(has_proofs=True).standing is Standing.UNPROVEN


def test_the_edge_of_the_allowed_age() -> None:
    at_edge = Drill(3, is_good=True, at=NOW - ALLOWED)
    assert verdict(at_edge).standing is Standing.OLD
    inside = Drill(3, is_good=True, at=NOW - ALLOWED + MOMENT)
    assert verdict(inside) == Verdict(Standing.PROVEN, inside.at, NOW + MOMENT)


def test_what_is_dated_ahead_proves_nothing() -> None:
    assert verdict(Drill(3, is_good=True, at=NOW + MOMENT)).standing is Standing.UNPROVEN


def test_a_site_is_green_when_every_host_is() -> None:
    green, other = verdict(drill()), verdict(drill(2))
    assert site_is_green([green, green])
    assert not site_is_green([green, other])
    assert not site_is_green([])
