"""R14 and R5 by people, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.errors import TicketRefused
from collector.tickets import service as tickets
from collector.tickets.clocks.passing import compare
from collector.tickets.joining import merge, split, unmerge
from tests.fakes.desk_store import DeskStore
from tests.fakes.desk_story import DAY, at


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskStore]:
    desk = DeskStore(tmp_path)
    desk.fire(0, "A")
    desk.fire(1, "B")
    desk.fire(2, "A", "b")
    yield desk
    desk.store.close()


def test_only_open_faults_of_one_site_are_merged(desk: DeskStore) -> None:
    first, second, other = desk.number("A"), desk.number("B"), desk.number("A", "b")
    for number, into, why in (
        (first, first, "itself"),
        (first, other, "one site"),
        (first, "2026-000099", "no ticket"),
        ("2026-000099", first, "no ticket"),
    ):
        with pytest.raises(TicketRefused, match=why):
            merge(desk.person(10), number, into)
    tickets.resolve(desk.store, second, actor="jh", note="x", now=at(10))
    with pytest.raises(TicketRefused, match="not open"):
        merge(desk.person(20), first, second)
    assert desk.rows("SELECT alias_of FROM fingerprint WHERE alias_of IS NOT NULL") == []


def test_a_merger_is_taken_back_until_the_thirtieth_day(desk: DeskStore) -> None:
    first, second = desk.number("A"), desk.number("B")
    merge(desk.person(10), second, first)
    with pytest.raises(TicketRefused, match="30 days"):
        unmerge(desk.person(10 + 30 * DAY + 1), second)
    unmerge(desk.person(10 + 30 * DAY), second)
    assert desk.rows(f"SELECT status FROM ticket WHERE number = '{second}'") == [("in_progress",)]  # noqa: S608
    with pytest.raises(TicketRefused, match="not merged"):
        unmerge(desk.person(10 + 30 * DAY), second)


def clocks(desk: DeskStore, number: str) -> list[tuple[str, int, str]]:
    rows = desk.rows(
        "SELECT c.metric, c.start_at, c.state FROM clock c JOIN ticket t ON t.id = c.ticket_id"  # noqa: S608
        f" WHERE t.number = '{number}' ORDER BY c.metric"
    )
    return [tuple(row) for row in rows]


def differences(desk: DeskStore, seconds: float) -> list[object]:
    with desk.store.reading() as connection:
        ids = [row[0] for row in desk.rows("SELECT id FROM ticket")]
        return list(compare(connection, ids, at(seconds))[1])


def test_clocks_go_on_from_the_start_of_the_earlier_ticket(desk: DeskStore) -> None:
    """I12, whichever of the two goes on; taken back, both run as if nothing had been."""
    first, second = desk.number("A"), desk.number("B")
    earlier, later = clocks(desk, first), clocks(desk, second)
    assert {start for _, start, _ in earlier} < {start for _, start, _ in [*earlier, *later]}
    merge(desk.person(100), first, second)
    assert clocks(desk, second) == earlier
    assert {state for _, _, state in clocks(desk, first)} == {"cancelled"}
    assert differences(desk, 100) == []
    unmerge(desk.person(200), first)
    assert clocks(desk, first) == earlier
    assert differences(desk, 200) == []


def test_events_that_follow_are_stored_under_their_own_fingerprint_and_counted_on_the_other_ticket(
    desk: DeskStore,
) -> None:
    merge(desk.person(10), desk.number("B"), desk.number("A"))
    desk.fire(20, "B")
    joined = "SELECT e.code, t.code FROM event e JOIN ticket t ON t.id = e.ticket_id ORDER BY e.id DESC LIMIT 1"
    assert desk.rows(joined) == [("B", "A")]
    assert desk.rows("SELECT code, count FROM ticket WHERE site_id = 'a' ORDER BY code") == [("A", 2), ("B", 1)]


def test_a_storm_that_is_over_is_split(desk: DeskStore) -> None:
    for number in range(20):
        desk.fire(100, f"S{number}", "c")
    storm = desk.number("SITE-STORM", "c")
    with pytest.raises(TicketRefused, match="goes on"):
        split(desk.person(110), storm)
    with pytest.raises(TicketRefused, match="no storm"):
        split(desk.person(110), desk.number("A"))
    desk.time(100 + 601)
    assert split(desk.person(800), storm) > 0
    assert split(desk.person(801), storm) == 0
    assert desk.rows("SELECT DISTINCT hold FROM alert WHERE site_id = 'c' AND hold = 'storm'") == []
