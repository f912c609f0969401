"""The page and the JSON API of unknown errors, on a real socket."""

from __future__ import annotations

from typing import Any, Protocol

import httpx
import pytest

from collector.parts import Parts
from tests.fakes.seeded_console import Seeds
from tests.fakes.seeded_unknowns import seed_unknowns


class Console(Protocol):
    parts: Parts
    seeds: Seeds

    def robot(self) -> httpx.Client: ...
    def logged_in(self, name: str = "jh") -> httpx.Client: ...
    def stranger(self) -> httpx.Client: ...
    def csrf(self, client: httpx.Client) -> str: ...


@pytest.fixture(scope="module", autouse=True)
def unknowns(console: Console) -> None:
    seed_unknowns(console.seeds)


def listed(console: Console, **query: Any) -> list[dict[str, Any]]:
    with console.robot() as robot:
        answer = robot.get("/v1/unknowns", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["unknowns"]
    return found


def test_the_top_of_the_fleet_has_the_documented_shape(console: Console) -> None:
    first = listed(console, days=14)[0]
    assert set(first) == {
        "id", "product", "fingerprint", "template", "catalogue_version", "severity", "source", "sample", "first_at",
        "last_at", "state", "reason", "code", "decided_by", "decided_at", "count", "sites", "per_day", "top_sites",
        "overflow",
    }  # fmt: skip
    assert (first["sites"], len(first["per_day"]), sum(first["per_day"])) == (3, 14, first["count"])
    assert {place["site_id"] for place in first["top_sites"]} == {"daejeon", "chengchuan", "busan"}


@pytest.mark.parametrize(
    "query", ["state=lost", "days=0", "days=91", "limit=1001", "limit=-1", "days=x", "what=1", "state=new&state=new"]
)
def test_a_wrong_parameter_is_named(console: Console, query: str) -> None:
    with console.robot() as robot:
        assert robot.get(f"/v1/unknowns?{query}").status_code == 422


def test_acts_by_the_api_and_what_is_wrong_with_them(console: Console) -> None:
    wanted = next(record for record in listed(console) if "PdfException" in record["template"])
    with console.robot() as robot:
        here = f"/v1/unknowns/{wanted['id']}"
        assert robot.post(f"{here}/ignore", json={"reason": ""}).status_code == 422
        assert robot.post(f"{here}/code", json={"code": "no code"}).status_code == 409
        assert robot.post(f"{here}/burn", json={}).status_code == 404
        assert robot.post("/v1/unknowns/999999/reopen").status_code == 404
        assert robot.post("/v1/unknowns/x/reopen").status_code == 404
        answer = robot.post(f"{here}/code", json={"code": "RPT-0001"})
        assert (answer.json()["state"], answer.json()["code"], answer.json()["decided_by"]) == (
            "coded",
            "RPT-0001",
            "jh",
        )
        assert robot.post(f"{here}/ignore", json={"reason": "x"}).status_code == 409
        assert robot.post(f"{here}/reopen").json()["state"] == "new"


def test_the_page_shows_quotes_and_decides(console: Console) -> None:
    wanted = next(record for record in listed(console) if "PdfException" in record["template"])
    with console.logged_in() as client:
        page = client.get("/unknowns").text
        assert "font &lt;path&gt; is not readable" in page
        assert "More kinds than are told apart" in page
        form = {"csrf": console.csrf(client), "reason": "", "state": "new"}
        refused = client.post(f"/unknowns/{wanted['id']}/ignore", data=form)
        assert refused.status_code == 409
        assert 'aria-invalid="true"' in refused.text
        done = client.post(f"/unknowns/{wanted['id']}/ignore", data={**form, "reason": "한글 글꼴 없음"})
        assert (done.status_code, done.headers["location"]) == (303, "/unknowns?state=new")
        assert "한글 글꼴 없음" in client.get("/unknowns?state=ignored&product=clinic").text
        assert client.post(f"/unknowns/{wanted['id']}/burn", data=form).status_code == 404
        assert client.post(f"/unknowns/{wanted['id']}/reopen", data=form).status_code == 303
        assert client.get("/unknowns?product=nothing").status_code == 200


def test_a_sample_is_quoted_and_never_rendered(console: Console) -> None:
    seed_unknowns(
        console.seeds, template="<script>x</script> \u202e", fingerprint="ab" * 16, sample="<img src=x>\x1b[2J"
    )
    with console.logged_in("sy") as client:
        page = client.get("/unknowns").text
    assert "<script>x" not in page
    assert "<img src=x>" not in page
    assert "\u202e" not in page


def test_strangers_see_nothing(console: Console) -> None:
    with console.stranger() as client:
        assert client.get("/unknowns").status_code == 303
        assert client.get("/v1/unknowns").status_code == 401
        assert client.post("/v1/unknowns/1/reopen").status_code == 401
