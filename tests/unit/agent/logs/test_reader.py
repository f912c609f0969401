from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.logs.reader import POLL_S, LogReader
from agent.settings.model import RecordRule
from tests.fakes.logs import CATALOGUE, START, Site, numbered, numbers


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.log.touch()
    made.read()
    yield made
    made.reader.close()


def test_a_turn_asks_to_be_called_again(site: Site) -> None:
    assert site.reader.turn(site.now) == POLL_S
    site.write("x\n" * 400_000)
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
