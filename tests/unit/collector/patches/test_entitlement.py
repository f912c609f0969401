"""Until contracts are kept, everybody may have every patch."""

from __future__ import annotations

from collector.patches.entitlement import AllEntitled
from tests.fakes.patches import a_patch


def test_nobody_is_left_out() -> None:
    assert AllEntitled().refused(a_patch()) == {}
