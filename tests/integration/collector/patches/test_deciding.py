"""What a customer says about a patch holds its codes at that site, and lets go when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.errors import TicketRefused
from collector.patches import deciding, repository
from collector.patches.model import Patch
from collector.settings.model import Rules
from collector.tickets.codebook import Codebook
from tests.fakes.desk_store import DeskStore
from tests.fakes.desk_story import DAY, at
from tests.fakes.patches import keep_patch

SAID: dict[str, Any] = {"reason": "after the year's end", "said_by": "김 과장, 전화"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskStore]:
    desk = DeskStore(tmp_path / "c.db")
    yield desk
    desk.store.close()


@pytest.fixture
def patch(desk: DeskStore) -> Patch:
    return keep_patch(desk.store, product="clinic", module="M", fixes=["C"])


def held(desk: DeskStore, site: str = "a") -> list[Any]:
    return desk.rows(f"SELECT hold, held_count FROM alert WHERE site_id = '{site}' AND hold IS NOT NULL")  # noqa: S608


def tickets(desk: DeskStore) -> int:
    return int(desk.rows("SELECT count(*) FROM ticket")[0][0])


def test_a_deferred_patch_holds_its_code_until_the_day(desk: DeskStore, patch: Patch) -> None:
    deciding.defer(desk.person(0), patch, "a", until=at(DAY), **SAID)
    desk.fire(10, "C")
    desk.fire(20, "C")
    assert held(desk) == [("known", 2)]
    desk.fire(30, "C", "b")
    desk.fire(40, "D")
    assert tickets(desk) == 2  # another site, another code
    assert deciding.lapse(desk.store, Codebook(()), Rules(), at(DAY - 1)) == 0
    assert deciding.lapse(desk.store, Codebook(()), Rules(), at(DAY)) == 1
    assert held(desk) == []
    assert tickets(desk) == 3
    assert deciding.lapse(desk.store, Codebook(()), Rules(), at(DAY)) == 0


def test_a_declined_patch_holds_until_it_is_lifted(desk: DeskStore, patch: Patch) -> None:
    deciding.decline(desk.person(0), patch, "a", **SAID)
    desk.fire(400 * DAY, "C")
    assert held(desk) == [("known", 1)]
    deciding.lift(desk.person(400 * DAY + 1), patch, "a")
    assert tickets(desk) == 1
    with pytest.raises(TicketRefused):
        deciding.lift(desk.person(400 * DAY + 2), patch, "a")


def test_two_patches_for_one_code_hold_it_until_the_later_day(desk: DeskStore, patch: Patch) -> None:
    other = keep_patch(desk.store, id="second", product="clinic", module="M", fixes=["C", "D"])
    deciding.defer(desk.person(0), patch, "a", until=at(DAY), **SAID)
    deciding.defer(desk.person(0), other, "a", until=at(2 * DAY), **SAID)
    desk.fire(10, "C")
    deciding.lapse(desk.store, Codebook(()), Rules(), at(DAY))
    assert held(desk) == [("known", 1)]
    deciding.lift(desk.person(DAY + 1), other, "a")
    assert held(desk) == []


def test_what_is_open_and_would_be_cured_is_a_known_error_with_the_patch(desk: DeskStore, patch: Patch) -> None:
    desk.fire(0, "C")
    deciding.decline(desk.person(10), patch, "a", **SAID)
    [body] = desk.rows("SELECT body FROM code_state WHERE module = 'M' AND code = 'C'")
    assert '"state":"known_error"' in body[0]
    assert '"patch":"his-2.0"' in body[0]
    assert '"fixed_in":"2.0"' in body[0]


def test_a_new_word_takes_the_place_of_the_old_one_and_both_are_kept(desk: DeskStore, patch: Patch) -> None:
    deciding.decline(desk.person(0), patch, "a", **SAID)
    deciding.defer(desk.person(1), patch, "a", until=at(DAY), **SAID)
    with desk.store.reading() as connection:
        [found] = repository.decisions(connection, patch.product, patch.id)
    assert found.kind.value == "deferred"
    assert desk.rows("SELECT kind, ended_by FROM patch_decision ORDER BY id") == [
        ("declined", "jh"),
        ("deferred", None),
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"reason": " "},
        {"reason": "x" * 501},
        {"said_by": ""},
        {"said_by": "x" * 129},
        {"site": "nowhere"},
        {"until": at(0)},
        {"until": at(0) + timedelta(days=366, seconds=1)},
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(desk: DeskStore, patch: Patch, changed: dict[str, Any]) -> None:
    given: dict[str, Any] = {"site": "a", "until": at(DAY), **SAID, **changed}
    with pytest.raises(TicketRefused):
        deciding.defer(desk.person(0), patch, given.pop("site"), **given)
    assert desk.rows("SELECT * FROM patch_decision") == []
