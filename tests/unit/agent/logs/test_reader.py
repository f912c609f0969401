from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.logs.hands import Hands
from agent.logs.reader import DOUBT, REST_S, LogReader
from agent.logs.reading import POLL_S
from agent.settings.model import RecordRule
from tests.fakes.logs import CATALOGUE, START, Site, numbered, numbers
from wire.sentence import Sentence, sentence


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.log.touch()
    made.read()
    yield made
    made.reader.close()


def test_a_turn_asks_to_be_called_again(site: Site) -> None:
    assert site.reader.turn(site.now) == POLL_S
    site.write("x\n" * 20_000_000)
    assert site.reader.turn(site.now) == 0
    site.read()
    assert site.reader.turn(site.now) == POLL_S


def test_a_pending_record_asks_for_its_silence(site: Site) -> None:
    site.reader.reload([replace(site.source, record=RecordRule(start="^2026", silence_s=0.15))])
    site.write(numbered(1))
    assert site.reader.turn(site.now) == pytest.approx(0.15)
    site.sleep(0.2)
    site.reader.turn(site.now)
    assert numbers(site.intake.events) == [1]


def test_no_sources_is_no_fault(site: Site) -> None:
    reader = LogReader([], site.intake)
    assert reader.turn(START) == POLL_S
    assert reader.problems() == []
    reader.close()


def test_events_are_stored_at_once_and_bare_positions_seldom(site: Site) -> None:
    site.sleep(2)
    before = site.intake.deposits
    for _ in range(50):
        site.write("nothing of interest\n")
        site.reader.turn(site.now)
    assert site.intake.deposits == before + 1
    site.write(numbered(1))
    site.reader.turn(site.now)
    assert site.intake.deposits == before + 2
    assert site.intake.cursors("app")[0].position == site.log.stat().st_size


def test_closing_stores_the_last_position(site: Site) -> None:
    site.write("x\n")
    site.reader.turn(site.now)
    site.write("y\n")
    site.reader.turn(site.now)
    site.reader.close()
    assert site.intake.cursors("app")[0].position == 4


def test_a_full_spool_stops_reading_and_loses_nothing(site: Site) -> None:
    site.intake.is_full = True
    for number in range(10):
        site.write(numbered(number))
        assert site.reader.turn(site.now) == POLL_S
    assert site.intake.events == []
    assert site.intake.cursors("app")[0].position == 0
    site.log.rename(site.folder / "app.log.1")
    site.write(numbered(10))
    site.reader.turn(site.now)
    site.intake.is_full = False
    site.read()
    assert numbers(site.intake.events) == list(range(11))


def test_a_full_spool_and_a_crash_lose_nothing(site: Site) -> None:
    site.intake.is_full = True
    site.write(numbered(1, 2))
    site.reader.turn(site.now)
    site.intake.is_full = False
    site.crash()
    assert numbers(site.read()) == [1, 2]


def test_a_reload_loses_no_line_and_doubles_none(site: Site) -> None:
    site.write(numbered(1) + "2026 ERROR num")
    site.read()
    site.catalogue.write_text(CATALOGUE.replace("level: 2", "level: 1").replace('"7"', '"8"'), encoding="utf-8")
    site.reader.reload([site.source])
    site.write("ber 2\n")
    site.read()
    assert [(event.level, event.catalogue_version) for event in site.intake.events] == [(2, "7"), (1, "8")]
    assert numbers(site.intake.events) == [1, 2]
    assert site.reader.catalogues() == {"clinic": "8"}


def test_a_broken_catalogue_keeps_the_old_one_and_says_so(site: Site) -> None:
    site.catalogue.write_text("product: [", encoding="utf-8")
    site.reader.reload([site.source])
    site.write(numbered(1))
    assert numbers(site.read()) == [1]
    assert "old rules stay" in site.problems()["app.log"]
    site.catalogue.write_text(CATALOGUE, encoding="utf-8")
    site.reader.reload([site.source])
    assert site.problems() == {}


def test_a_source_that_is_broken_from_the_start_stops_no_other(site: Site) -> None:
    other = replace(site.source, name="other", path=str(site.folder / "other.log"), encoding="utf-32")
    site.reader.reload([site.source, other])
    site.write(numbered(1))
    assert numbers(site.read()) == [1]
    assert "utf-32" in site.problems()["other.log"]


def test_a_source_is_taken_away_and_comes_back_where_it_was(site: Site) -> None:
    site.write(numbered(1))
    site.read()
    site.reader.reload([])
    site.write(numbered(2))
    assert site.read() == []
    site.reader.reload([site.source])
    assert numbers(site.read()) == [2]


def test_another_path_of_a_source_is_read_from_its_beginning(site: Site) -> None:
    other = site.folder / "new.log"
    site.write(numbered(5), other)
    site.reader.reload([replace(site.source, path=str(other))])
    assert numbers(site.read()) == [5]


DEADLINE_S = 10


def test_a_file_system_that_does_not_answer_stops_no_other_source(site: Site) -> None:
    other = replace(site.source, name="other", path=str(site.folder / "other.log"))
    (site.folder / "other.log").touch()
    hands = Hands(patience_s=0.1)
    reader = LogReader([site.source, other], site.intake, hands=hands)
    reader.turn(site.now)
    site.write(numbered(1), site.folder / "other.log")
    release = threading.Event()
    stuck = reader._places["app"].reading
    honest = stuck.turn

    def hang(now: datetime) -> float:
        release.wait(DEADLINE_S)
        return honest(now)

    stuck.turn = hang  # type: ignore[method-assign]  # what a dead file server does to a thread
    reader.turn(site.now)
    assert numbers(site.intake.events) == [1]
    assert "has not answered since 2026-11-24T01:00:00" in reader.problems()[0].problem
    reader.reload([site.source, other])  # waits for nothing
    assert reader.turn(site.now) == POLL_S
    site.write(numbered(2))
    release.set()
    _until(lambda: hands.stuck == 0)
    stuck.turn = honest  # type: ignore[method-assign]
    reader.turn(site.now)
    assert sorted(numbers(site.intake.events)) == [1, 2]
    assert not any(state.problem for state in reader.problems())
    reader.close()


def test_a_source_that_was_taken_away_while_stuck_is_closed_when_it_comes_back(site: Site) -> None:
    hands = Hands(patience_s=0.05)
    reader = LogReader([site.source], site.intake, hands=hands)
    release = threading.Event()
    stuck = reader._places["app"].reading
    stuck.turn = lambda now: float(release.wait(DEADLINE_S))  # type: ignore[method-assign]
    reader.turn(site.now)
    reader.reload([])
    assert reader.problems() == []
    assert stuck.follower is not None
    release.set()
    _until(lambda: stuck.follower is None)
    reader.close()


def _until(is_so: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(DEADLINE_S * 100):
        if is_so():
            return
        waited.wait(0.01)
    raise AssertionError("it never happened")


class Notices:
    """A watch that is told by hand what it noticed."""

    def __init__(self) -> None:
        self.problem: Sentence | None = None
        self.has_noticed = False

    def watch(self, directories: Iterable[str]) -> None:
        """Nothing to do."""

    def take_notice(self) -> bool:
        has_noticed, self.has_noticed = self.has_noticed, False
        return has_noticed

    def close(self) -> None:
        """Nothing to do."""


def test_who_is_told_of_what_is_written_looks_less_often(site: Site) -> None:
    notices = Notices()
    reader = LogReader([site.source], site.intake, notices)
    assert [reader.turn(site.now) for _ in range(3)] == [POLL_S, REST_S, REST_S], "once it has seen what is there"
    site.write("x\n")
    notices.has_noticed = True
    assert reader.turn(site.now) == POLL_S, "what was read has to be stored"
    assert reader.turn(site.now) == REST_S
    reader.close()


def test_a_line_that_nobody_told_of_ends_the_rest_for_an_hour(site: Site) -> None:
    reader = LogReader([site.source], site.intake, Notices())
    assert [reader.turn(site.now) for _ in range(2)] == [POLL_S, REST_S]
    site.write("x\n")
    assert [reader.turn(site.now) for _ in range(3)] == [POLL_S] * 3
    site.sleep(DOUBT.total_seconds())
    assert reader.turn(site.now) == REST_S
    reader.close()


def test_without_notices_for_all_there_is_no_rest(site: Site) -> None:
    notices = Notices()
    notices.problem = sentence("none to be had")
    for reader in (LogReader([site.source], site.intake), LogReader([site.source], site.intake, notices)):
        assert [reader.turn(site.now) for _ in range(3)] == [POLL_S] * 3
        reader.close()
