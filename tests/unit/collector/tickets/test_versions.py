"""Which version is earlier."""

from __future__ import annotations

import pytest

from collector.tickets.versions import is_before


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2.2", "2.3"),
        ("2.9", "2.10"),
        ("2.3-rc1", "2.3"),
        ("2.3-rc1", "2.3-rc2"),
        ("2.3", "2.3.1"),
        ("1", "10"),
        ("v1.9", "V2.0"),
        ("2.3a", "2.3b"),
        ("20261101", "20261124"),
    ],
)
def test_earlier_and_later(earlier: str, later: str) -> None:
    assert is_before(earlier, later)
    assert not is_before(later, earlier)


@pytest.mark.parametrize(("one", "other"), [("2.3", "2.3.0"), ("v2.3", "2.3"), ("2.3", "2.3")])
def test_the_same(one: str, other: str) -> None:
    assert not is_before(one, other)
    assert not is_before(other, one)


def test_the_declared_order_counts() -> None:
    declared = ["spring", "autumn"]
    assert is_before("spring", "autumn", declared)
    assert not is_before("autumn", "spring", declared)
    assert not is_before("spring", "autumn")  # by letters it would be the other way round
