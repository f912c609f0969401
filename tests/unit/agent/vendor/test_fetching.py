"""What the collector answers becomes bytes, `not there`, or `later`."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.vendor.fetching import PREFIX, collector_fetcher
from remediation.trust.published import NotThere, Unfetched
from tests.fakes.vendor_door import VendorDoor

NAME = "metadata/1.root.json"


@pytest.fixture
def door(tmp_path: Path) -> VendorDoor:
    (tmp_path / "metadata").mkdir()
    (tmp_path / NAME).write_bytes(b"12345")
    return VendorDoor(tmp_path)


def test_bytes(door: VendorDoor) -> None:
    assert collector_fetcher(door)(NAME, 5) == b"12345"
    assert door.asked == [PREFIX + NAME]


def test_more_than_was_asked_for_is_refused(door: VendorDoor) -> None:
    with pytest.raises(Unfetched, match="more than 4 bytes"):
        collector_fetcher(door)(NAME, 4)


def test_absent(door: VendorDoor) -> None:
    with pytest.raises(NotThere):
        collector_fetcher(door)("metadata/2.root.json", 5)


@pytest.mark.parametrize("status", [204, 301, 400, 401, 403, 500, 503])
def test_any_other_answer_is_later(door: VendorDoor, status: int) -> None:
    """Also 403: it must not end the search for a new root."""
    door.status = status
    with pytest.raises(Unfetched) as caught:
        collector_fetcher(door)(NAME, 5)
    assert not isinstance(caught.value, FileNotFoundError)


def test_no_answer_is_later(door: VendorDoor) -> None:
    door.is_shut = True
    with pytest.raises(Unfetched):
        collector_fetcher(door)(NAME, 5)


def test_a_strange_name_is_not_asked_for(door: VendorDoor) -> None:
    with pytest.raises(NotThere):
        collector_fetcher(door)("../exchange", 5)
    assert door.asked == []
