"""Windows and silences at their edges; a refusal changes nothing; the ledger only grows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from collector.errors import TicketRefused
from collector.tickets.holds.model import SILENCE_MAX, WINDOW_MAX, WINDOWS_OF_SITE, NewSilence, NewWindow
from collector.tickets.holds.service import add_silence, add_window, promote, remove_silence, remove_window
from tests.fakes.desk_store import DeskStore
from tests.fakes.desk_story import at

SECOND = timedelta(seconds=1)
WINDOW = NewWindow("a", at(0), at(3_600), "jh", "Kim, by phone")
SILENCE = NewSilence(at(3_600), "moved", code="C")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskStore]:
    desk = DeskStore(tmp_path)
    yield desk
    desk.store.close()


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (replace(WINDOW, until=at(0)), "before it begins"),
        (replace(WINDOW, since=at(-20), until=at(-10)), "over already"),
        (replace(WINDOW, until=at(0) + WINDOW_MAX + SECOND), "7 days"),
        (replace(WINDOW, since=at(86_400 * 400), until=at(86_400 * 401)), "begins within"),
        (replace(WINDOW, owner=" "), "owner"),
        (replace(WINDOW, approved_by=""), "approval"),
        (replace(WINDOW, approved_by="x" * 129), "characters"),
        (replace(WINDOW, reason="x" * 1_001), "characters"),
        (replace(WINDOW, site="z"), "no site"),
    ],
)
def test_a_window_that_cannot_be_is_refused(desk: DeskStore, asked: NewWindow, why: str) -> None:
    with pytest.raises(TicketRefused, match=why):
        add_window(desk.person(0), asked)
    assert desk.rows("SELECT * FROM maintenance_window") == desk.rows("SELECT * FROM site_state") == []


def test_a_window_of_exactly_a_week_and_not_too_many(desk: DeskStore) -> None:
    for _ in range(WINDOWS_OF_SITE):
        add_window(desk.person(0), replace(WINDOW, until=at(0) + WINDOW_MAX))
    with pytest.raises(TicketRefused, match="already"):
        add_window(desk.person(0), WINDOW)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (replace(SILENCE, code=""), "what is silenced"),
        (replace(SILENCE, code="", module="M"), "what is silenced"),
        (replace(SILENCE, code="", module="M", site="a"), "module alone"),
        (replace(SILENCE, until=at(59)), "a minute"),
        (replace(SILENCE, until=at(0) + SILENCE_MAX + SECOND), "30 days"),
        (replace(SILENCE, reason=" "), "reason"),
        (replace(SILENCE, site="z"), "no site"),
        (replace(SILENCE, code="", ticket="2026-000009"), "no ticket"),
    ],
)
def test_a_silence_that_cannot_be_is_refused(desk: DeskStore, asked: NewSilence, why: str) -> None:
    with pytest.raises(TicketRefused, match=why):
        add_silence(desk.person(0), asked)
    assert desk.rows("SELECT * FROM silence") == desk.rows("SELECT * FROM fleet_state") == []


def test_a_silence_ends_by_itself_and_what_still_fires_opens(desk: DeskStore) -> None:
    add_silence(desk.person(0), replace(SILENCE, until=at(600)))
    desk.fire(10, "C")
    desk.fire(20, "C", "b")
    desk.time(599)
    assert desk.rows("SELECT * FROM ticket") == []
    desk.time(600)
    assert desk.rows("SELECT site_id, count FROM ticket ORDER BY site_id") == [("a", 1), ("b", 1)]
    assert desk.rows('SELECT hold, "end", count FROM suppression') == [("silenced", "opened", 1)] * 2


def test_the_fault_of_one_ticket_is_silenced_after_it_ended(desk: DeskStore) -> None:
    desk.fire(0, "C")
    desk.fire(0, "C", "b")
    add_silence(desk.person(1), replace(SILENCE, code="", ticket=desk.number("C"), until=at(90_000)))
    [(key,)] = desk.rows("SELECT hash FROM fingerprint WHERE site_id = 'a'")
    assert key in desk.rows("SELECT body FROM fleet_state")[0][0]


def test_what_was_ended_is_not_ended_again(desk: DeskStore) -> None:
    window, silence = add_window(desk.person(0), WINDOW), add_silence(desk.person(0), SILENCE)
    remove_window(desk.person(1), window)
    remove_silence(desk.person(1), silence)
    with pytest.raises(TicketRefused):
        remove_window(desk.person(2), window)
    with pytest.raises(TicketRefused):
        remove_silence(desk.person(2), silence)
    with pytest.raises(TicketRefused):
        promote(desk.person(2), "nothing")
    assert desk.rows("SELECT removed_by FROM silence") == [("jh",)]


def test_of_two_people_who_promote_at_once_one_is_refused(desk: DeskStore) -> None:
    add_window(desk.person(0), WINDOW)
    desk.fire(10, "C")
    [(key,)] = desk.rows("SELECT hash FROM fingerprint")
    assert promote(desk.person(20), key) == desk.number("C")
    with pytest.raises(TicketRefused, match="not held back"):
        promote(desk.person(20, "sy"), key)
    assert desk.rows("SELECT actor FROM ticket_event WHERE kind = 'opened'") == [("jh",)]
