"""JSON lines through real files: the message is matched, the rest of the entry comes with the event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.logs import Site, numbered, numbers
from wire.messages import TimeOrigin


def a_line(message: str, **more: Any) -> str:
    return json.dumps({"time": "2026-11-24T00:59:00Z", "level": "info", "message": message, **more}) + "\n"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path, format="json", encoding="auto")
    made.write("")
    made.read()
    return made


def test_an_event_brings_its_fields_its_stack_and_its_time(site: Site) -> None:
    site.write(a_line("before", claim=1) + a_line("ERROR number 7", claim=88, stack="E: x\n\tat y", number="no"))
    (event,) = site.read()
    assert event.identity == {"number": "7"}
    assert event.fields == {"number": "7", "claim": "88"}, "what was captured wins"
    assert event.text == "2026-11-24T00:59:00Z info ERROR number 7\nE: x\n\tat y"
    assert event.before == ["2026-11-24T00:59:00Z info before"]
    assert (event.occurred_at, event.occurred_from) == (datetime(2026, 11, 24, 0, 59, tzinfo=UTC), TimeOrigin.LINE)
    assert event.line_number == 2


def test_escapes_are_text_and_other_fields_are_not_matched(site: Site) -> None:
    site.write(a_line("시간 초과") + a_line("fine", note="timeout of pump") + a_line('a "timeout of pump"'))
    assert [(event.code, event.fields) for event in site.read()] == [("TIMEOUT", {})]
    assert site.intake.events[0].count == 2


def test_broken_lines_are_text(site: Site) -> None:
    site.write('{"message": "cut\n' + numbered(1) + a_line("ERROR number 2") + '{"message": "ERROR number 3"\n')
    assert numbers(site.read()) == [1, 2, 3]


def test_after_a_crash_every_line_is_found_once(site: Site) -> None:
    site.write(a_line("ERROR number 1"))
    site.read()
    site.write(a_line("ERROR number 2")[:30])
    site.read()
    site.crash()
    site.write(a_line("ERROR number 2")[30:])
    site.read()
    assert numbers(site.intake.events) == [1, 2]
    assert len({event.event_id for event in site.intake.events}) == 2
