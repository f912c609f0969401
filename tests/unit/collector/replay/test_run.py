"""Whole files through the rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from collector.replay.lines import read_lines
from collector.replay.run import Replay
from collector.settings.model import Rules

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def line(seconds: float, **values: Any) -> bytes:
    about = {"site": "a", "module": "M", "code": "C", "level": 1, "status": "firing"}
    about = {"site": "a"} if "do" in values else about
    return json.dumps({"at": (START + timedelta(seconds=seconds)).isoformat(), **about, **values}).encode()


def beat(seconds: float, site: str = "a") -> bytes:
    return line(seconds, site=site, status="heartbeat")


def summary(*lines: bytes) -> dict[str, Any]:
    replay = Replay(Rules())
    replay.run(read_lines(lines))
    return replay.summary()


def test_one_fault_one_ticket() -> None:
    found = summary(line(0, id="1"), line(5, id="1"), line(10, id="2"), line(20, id="3", status="ok"))
    assert (found["events"], found["duplicates"]) == (4, 1)
    [ticket] = found["tickets"]
    assert (ticket["occurrences"], ticket["status"], ticket["recurrence_of"]) == (2, "recovered", None)


def test_the_same_id_of_another_site_is_another_event() -> None:
    found = summary(line(0, id="1"), line(1, id="1", site="b"))
    assert found["duplicates"] == 0
    assert len(found["tickets"]) == 2


def test_instances_are_faults_of_their_own() -> None:
    found = summary(line(0, instance="q7"), line(1, instance="q8"), line(2, instance="q7"))
    assert [ticket["occurrences"] for ticket in found["tickets"]] == [2, 1]


def test_the_clock_runs_on_for_ten_days() -> None:
    found = summary(line(0, level=3, stateless=True))
    [ticket] = found["tickets"]
    assert ticket["status"] == "closed"


def test_transient_and_suppressed_are_counted() -> None:
    window = {"do": "maintenance", "from": START.isoformat(), "to": (START + timedelta(hours=1)).isoformat()}
    found = summary(line(0, **window), line(10, level=2), line(20, level=2, site="b"), line(30, site="b", status="ok"))
    assert (found["suppressed"], found["transient"]) == (1, 1)
    [ticket] = found["tickets"]
    assert ticket["clock_start_at"] == (START + timedelta(hours=1)).isoformat()


def test_a_resolution_names_the_version() -> None:
    resolve = line(100, do="resolve", module="M", code="C", fixed_in="2.3")
    found = summary(line(0), resolve, line(1_000, version="2.2"), line(2_000, version="2.3"))
    [ticket] = found["tickets"]
    assert (ticket["reopen_count"], ticket["regressed"]) == (1, True)
    assert found["suppressed"] == 1


def test_silence_begins_three_heartbeats_after_the_last() -> None:
    for last, count in ((239.9, 0), (240, 1)):
        found = summary(beat(0), beat(60), beat(last, "b"))
        assert len(found["tickets"]) == count
    [ticket] = found["tickets"]
    assert (ticket["kind"], ticket["site"], ticket["level"]) == ("site_silent", "a", 2)


def test_nobody_is_silent_after_the_last_line_or_before_the_first_heartbeat() -> None:
    assert summary(beat(0), line(1, site="b"))["tickets"][0]["site"] == "b"
    assert len(summary(line(0, site="b", status="ok"), beat(1), beat(1_000))["tickets"]) == 1


def test_an_event_is_a_sign_of_life_too() -> None:
    found = summary(beat(0), line(170, status="ok"), beat(340, "b"))
    assert found["tickets"] == []


def test_many_silent_sites_are_one_ticket_of_our_own() -> None:
    sites = [f"s{number}" for number in range(10)]
    found = summary(*(beat(0, site) for site in sites), beat(1_000, "z"))
    [ticket] = found["tickets"]
    assert (ticket["kind"], ticket["site"]) == ("internal", "")
    assert found["notices"]["customer"] == 0


def test_a_fleet_wide_fault_is_one_problem() -> None:
    found = summary(*(line(number, site=f"s{number}") for number in range(6)))
    assert len(found["tickets"]) == 6
    [problem] = found["problems"]
    assert (problem["state"], len(problem["sites"])) == ("suspected", 6)
    assert found["notices"] == {"page": 5, "digest": 0, "customer": 6}


def test_an_empty_file_is_nothing() -> None:
    assert summary() == {
        "events": 0,
        "duplicates": 0,
        "transient": 0,
        "tickets": [],
        "problems": [],
        "notices": {"page": 0, "digest": 0, "customer": 0},
        "suppressed": 0,
    }
