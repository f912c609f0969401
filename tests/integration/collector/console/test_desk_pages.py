"""The pages of what is held back, of problems and of the lab: forms do what they say, refusals say why."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from typing import Any, Protocol

import httpx
import pytest

from collector.parts import Parts
from collector.settings.model import Rules
from collector.tickets.codebook import Codebook
from collector.tickets.recording import Sighting, record
from tests.fakes.desk_story import event_of
from tests.fakes.seeded_console import Seeds


class Console(Protocol):
    parts: Parts
    seeds: Seeds

    def robot(self) -> httpx.Client: ...
    def logged_in(self, name: str = "jh") -> httpx.Client: ...
    def csrf(self, client: httpx.Client) -> str: ...


def fire(console: Console, code: str, site: str = "busan", level: int = 2) -> None:
    now = console.parts.now()
    with console.parts.store.writing() as connection:
        sighting = Sighting(event_of(code, now, level), now, immediate=True)
        record(connection, site, [sighting], codebook=Codebook(()), rules=Rules())


@pytest.fixture(autouse=True)
def numbers(console: Console) -> None:
    """The seeds name tickets themselves; those of the rules come after them."""
    with console.parts.store.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO meta (key, value) VALUES ('ticket_number:2026', '900') ON CONFLICT DO NOTHING"
        )


def post(console: Console, client: httpx.Client, path: str, **form: str) -> httpx.Response:
    return client.post(path, data={"csrf": console.csrf(client), **form})


def typed(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


def words(answer: httpx.Response) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.text))


def test_a_window_is_noted_holds_and_is_ended(console: Console) -> None:
    local = console.parts.now() + timedelta(hours=9)  # Seoul
    hour = timedelta(hours=1)
    form = {"site": "busan", "owner": "jh", "since": typed(local - hour), "until": typed(local + hour)}
    with console.logged_in() as client:
        refused = post(console, client, "/windows", **form, approved_by=" ")
        assert refused.status_code == 409
        assert "customer's approval" in words(refused)
        assert post(console, client, "/windows", **form, approved_by="Kim").status_code == 303
        fire(console, "WIN-1")
        page = words(client.get("/quiet"))
        assert "WIN-1" in page
        assert "Maintenance window" in page
        assert "approved by Kim" in words(client.get("/sites/busan"))
        assert "Suppressed now" in words(client.get("/"))
        with console.robot() as robot:
            held = robot.get("/v1/held").json()
            assert held["count"] == len(held["held"]) == 1
            [window] = robot.get("/v1/windows").json()["windows"]
        assert post(console, client, f"/windows/{window['id']}/remove").status_code == 303
        assert "WIN-1" in words(client.get("/"))  # it has a ticket now
        page = words(client.get("/quiet"))
        assert "got a ticket" in page
        assert post(console, client, f"/windows/{window['id']}/remove").status_code == 409
        assert post(console, client, "/windows/x/remove").status_code == 409


def test_a_silence_is_made_and_a_fault_gets_a_ticket_all_the_same(console: Console) -> None:
    until = f"{console.parts.now() + timedelta(hours=2):%Y-%m-%dT%H:%M}"
    with console.logged_in() as client:
        assert post(console, client, "/silences", code="SIL-1", until="soon", reason="x").status_code == 409
        assert post(console, client, "/silences", code="", until=until, reason="x").status_code == 409
        assert post(console, client, "/silences", code="SIL-1", until=until, reason="moved").status_code == 303
        fire(console, "SIL-1")
        with console.robot() as robot:
            [held] = robot.get("/v1/held").json()["held"]
            assert (held["hold"], held["count"]) == ("silenced", 1)
            answer = robot.post(f"/v1/held/{held['fingerprint']}/promote")
            assert answer.status_code == 200
            assert robot.get(f"/v1/tickets/{answer.json()['number']}").json()["count"] == 1
            assert robot.post(f"/v1/held/{held['fingerprint']}/promote").status_code == 409
            [silence] = robot.get("/v1/silences").json()["silences"]
            assert robot.delete(f"/v1/silences/{silence['id']}").status_code == 204
            assert robot.delete(f"/v1/silences/{silence['id']}").status_code == 409
            assert robot.get("/v1/ledger").json()["ledger"][0]["end"] == "opened"


def test_a_problem_is_confirmed_closed_and_its_tickets_resolved_in_one_batch(console: Console) -> None:
    for site in ("busan", "daejeon", "chengchuan"):
        fire(console, "PRB-1", site, 1)
    with console.logged_in() as client, console.robot() as robot:
        numbers = [ticket["number"] for ticket in robot.get("/v1/tickets", params={"code": "PRB-1"}).json()["tickets"]]
        form = {"note": "certificate", "fixed_in": "2.3"}
        assert post(console, client, f"/tickets/{numbers[0]}/resolve", **form).status_code == 303
        [problem] = [each for each in robot.get("/v1/problems").json()["problems"] if each["code"] == "PRB-1"]
        address = f"/problems/{problem['id']}"
        assert "PRB-1" in words(client.get("/problems"))
        assert post(console, client, f"{address}/confirm", workaround=" ").status_code == 409
        assert post(console, client, f"{address}/confirm", workaround="clock back", fixed_in="2.3").status_code == 303
        assert "clock back" in words(client.get(address))
        assert post(console, client, f"{address}/close", note="shipped").status_code == 303
        assert post(console, client, f"{address}/nothing", note="x").status_code == 404
        assert client.get("/problems/99999").status_code == client.get("/problems/x").status_code == 404
        body = {"tickets": [*numbers, "2026-999999"], "note": "shipped"}
        told = robot.post(f"/v1/problems/{problem['id']}/resolve", json=body).json()
        assert (told["resolved"], told["state"]) == (
            [],
            "closed",
        )  # the others are not of this problem: one site had it


def test_a_merger_is_made_and_taken_back_on_the_page(console: Console) -> None:
    fire(console, "MRG-1", "chengchuan")
    fire(console, "MRG-2", "chengchuan")
    with console.logged_in() as client, console.robot() as robot:
        found = {
            code: robot.get("/v1/tickets", params={"code": code}).json()["tickets"][0]["number"]
            for code in ("MRG-1", "MRG-2")
        }
        address = f"/tickets/{found['MRG-2']}"
        assert post(console, client, f"{address}/merge", into="2020-000001").status_code == 409
        assert post(console, client, f"{address}/merge", into=f"#{found['MRG-1']}").status_code == 303
        assert f"Goes on as #{found['MRG-1']}" in re.sub(r"\s+", " ", words(client.get(address))).replace(
            "as #", "as #"
        )
        assert found["MRG-2"] in words(client.get(f"/tickets/{found['MRG-1']}"))
        assert post(console, client, f"{address}/unmerge").status_code == 303
        assert robot.post(f"/v1{address}/unmerge").status_code == 409


def test_the_lab_answers_on_its_page(console: Console) -> None:
    with console.logged_in() as client:
        page = client.get("/lab")
        fields: dict[str, Any] = dict(re.findall(r'name="([a-z_.0-9]+)"[^>]*value="([^"]+)"', page.text))
        fields.pop("csrf", None)
        assert len(fields) > 10
        assert post(console, client, "/lab", **{**fields, "storm_fingerprints": "many"}).status_code == 409
        assert post(console, client, "/lab", **{**fields, "storm_fingerprints": "0"}).status_code == 409
        assert post(console, client, "/lab", **{**fields, "days": "400"}).status_code == 409
        assert post(console, client, "/lab", **{**fields, "storm_fingerprints": "3"}).status_code == 303
        for _ in range(200):
            page = client.get("/lab")
            if "Difference" in page.text:
                break
        assert "Difference" in words(page)
        assert "Running" not in words(page)


def test_board_and_site_filter_by_kind(console: Console) -> None:
    with console.logged_in() as client:
        assert "HIS-ORD-1042" in client.get("/?kind=fault").text
        assert "HIS-ORD-1042" not in client.get("/?kind=storm").text
        assert "HIS-ORD-1042" in client.get("/?kind=nothing").text
