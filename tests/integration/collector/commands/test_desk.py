"""`window`, `silence`, `problem` and what joins tickets, as a person types them, on a database of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.__main__ import main
from collector.app import now
from collector.settings.model import Rules
from collector.store.opening import open_store_in
from collector.tickets.codebook import Codebook
from collector.tickets.recording import Sighting, record
from tests.fakes.desk_story import event_of
from tests.fakes.seeded_console import Seeds

Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    settings = tmp_path / "collector.yaml"
    settings.write_text("state: state\n")
    monkeypatch.setenv("LANGUAGE", "en")

    def go(*words: str, code: int = 0) -> Any:
        monkeypatch.setattr("sys.argv", ["sitewarden-collector", *words, "--settings", str(settings), "--json"])
        assert main() == code, capsys.readouterr().err
        said = capsys.readouterr()
        return json.loads(said.out) if said.out else said.err

    return go


@pytest.fixture
def seeds(tmp_path: Path) -> Seeds:
    seeds = Seeds(open_store_in(tmp_path / "state"), now)
    seeds.site()
    return seeds


def fire(seeds: Seeds, code: str, *, level: int = 2) -> None:
    with seeds.store.writing() as connection:
        sighting = Sighting(event_of(code, now(), level), now(), immediate=True)
        record(connection, "daejeon", [sighting], codebook=Codebook(()), rules=Rules())


def test_a_window_holds_and_lets_go(run: Run, seeds: Seeds) -> None:
    since, until = (now() - timedelta(minutes=1)).isoformat(), (now() + timedelta(hours=2)).isoformat()
    asked = ("window", "add", "daejeon", "--from", since, "--to", until, "--actor", "jh")
    refused = run(*asked, "--owner", "jh", "--approved-by", " ", code=1)
    assert "approval" in refused
    made = run(*asked, "--owner", "jh", "--approved-by", "김 과장, 전화")
    assert (made["site"], made["created_by"], made["approved_by"]) == ("daejeon", "jh", "김 과장, 전화")
    fire(seeds, "W-1")
    assert run("ticket", "list")["tickets"] == []
    run("window", "remove", str(made["id"]), "--actor", "sy")
    assert [ticket["code"] for ticket in run("ticket", "list")["tickets"]] == ["W-1"]
    assert run("window", "list")["windows"][0]["removed_by"] == "sy"
    run("window", "remove", str(made["id"]), "--actor", "sy", code=1)


def test_a_window_is_of_the_site_s_own_time_and_at_most_a_week(run: Run, seeds: Seeds) -> None:
    day = (now() + timedelta(days=1)).date()
    asked = ["window", "add", "daejeon", "--owner", "jh", "--approved-by", "x", "--actor", "jh"]
    made = run(*asked, "--from", f"{day}T10:00", "--to", f"{day}T11:00")
    assert made["from"].startswith(f"{day}T01:00")  # Seoul
    long = (day + timedelta(days=8)).isoformat()
    assert "7 days" in run(*asked, "--from", f"{day}T10:00", "--to", f"{long}T10:00", code=1)
    exact = (day + timedelta(days=7)).isoformat()
    run(*asked, "--from", f"{day}T10:00", "--to", f"{exact}T10:00")


def test_a_silence_always_ends_and_says_why(run: Run, seeds: Seeds) -> None:
    until = (now() + timedelta(hours=1)).isoformat()
    asked = ("silence", "add", "--code", "S-1", "--actor", "jh")
    assert "30 days" in run(*asked, "--until", (now() + timedelta(days=31)).isoformat(), "--reason", "x", code=1)
    assert "reason" in run(*asked, "--until", until, "--reason", " ", code=1)
    made = run(*asked, "--until", until, "--reason", "moved")
    fire(seeds, "S-1")
    assert run("ticket", "list")["tickets"] == []
    assert [silence["code"] for silence in run("silence", "list")["silences"]] == ["S-1"]
    run("silence", "remove", str(made["id"]), "--actor", "jh")
    assert [ticket["count"] for ticket in run("ticket", "list")["tickets"]] == [1]
    assert run("silence", "list")["silences"] == []


def test_a_resolution_with_its_cure_is_a_known_error(run: Run, seeds: Seeds) -> None:
    fire(seeds, "P-1")
    number = run("ticket", "list")["tickets"][0]["number"]
    run("ticket", "resolve", number, "--note", "leak", "--fixed-in", "2.3", "--actor", "jh")
    [problem] = run("problem", "list")["problems"]
    assert (problem["state"], problem["fixed_in"], problem["tickets"]) == ("known_error", "2.3", 1)
    number = str(problem["id"])
    told = run("problem", "confirm", number, "--fixed-in", "2.4", "--workaround", "restart", "--actor", "jh")
    assert (told["fixed_in"], told["workaround"]) == ("2.4", "restart")
    assert run("problem", "close", number, "--note", "done", "--actor", "jh")["state"] == "closed"
    run("problem", "close", number, "--note", "done", "--actor", "jh", code=1)


def test_merged_tickets_go_on_as_one_and_part_again(run: Run, seeds: Seeds) -> None:
    fire(seeds, "M-1")
    fire(seeds, "M-2")
    second, first = [ticket["number"] for ticket in run("ticket", "list")["tickets"]]
    assert "itself" in run("ticket", "merge", first, "--into", first, "--actor", "jh", code=1)
    run("ticket", "merge", second, "--into", first, "--actor", "jh")
    fire(seeds, "M-2")
    counts = {ticket["number"]: (ticket["status"], ticket["count"]) for ticket in run("ticket", "list")["tickets"]}
    assert counts == {first: ("new", 2), second: ("merged", 1)}
    run("ticket", "unmerge", second, "--actor", "jh")
    fire(seeds, "M-2")
    counts = {ticket["number"]: (ticket["status"], ticket["count"]) for ticket in run("ticket", "list")["tickets"]}
    assert counts == {first: ("new", 2), second: ("in_progress", 2)}
    assert "merged" in run("ticket", "unmerge", second, "--actor", "jh", code=1)


def test_a_storm_is_split_only_when_it_is_over(run: Run, seeds: Seeds) -> None:
    for number in range(20):
        fire(seeds, f"T-{number}")
    storms = [ticket for ticket in run("ticket", "list")["tickets"] if ticket["kind"] == "storm"]
    assert len(storms) == 1
    assert "goes on" in run("ticket", "split", storms[0]["number"], "--actor", "jh", code=1)
    assert "no storm" in run("ticket", "split", run("ticket", "list")["tickets"][-1]["number"], "--actor", "jh", code=1)
