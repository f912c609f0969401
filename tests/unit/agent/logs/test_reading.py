from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.logs.reading import POLL_S, Reading
from tests.fakes.logs import Site, numbered, numbers


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.log.touch()
    made.read()
    yield made
    made.reader.close()


def test_one_source_by_itself(site: Site) -> None:
    reading = Reading(site.source, site.intake, None)
    assert reading.turn(site.now) == POLL_S  # nothing is followed yet
    assert reading.states == []
    reading.reload(site.source)
    site.write(numbered(1))
    assert reading.turn(site.now) == POLL_S
    assert numbers(site.intake.events) == [1]
    assert [state.position for state in reading.states] == [site.log.stat().st_size]
    reading.end()
    assert reading.follower is None
    reading.end()


def test_what_it_says_is_up_to_date_even_when_a_turn_fails(site: Site) -> None:
    reading = Reading(site.source, site.intake, None)
    reading.reload(site.source)
    site.log.rename(site.folder / "gone.log")
    reading.turn(site.now)
    assert [state.problem for state in reading.states] == ["it does not exist"]
    reading.end()


def test_refused_settings_are_told_and_the_old_ones_kept(site: Site) -> None:
    reading = Reading(site.source, site.intake, None)
    reading.reload(site.source)
    reading.reload(replace(site.source, encoding="utf-32"))
    assert any("old rules stay" in state.problem for state in reading.states)
    assert reading.source == site.source
    reading.end()
