"""The pages and the API of patches: counts, reasons, what a customer says, and a draft for one host."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

from collector.fleet.model import KnownAgent
from collector.parts import Parts
from collector.patches.model import Patch
from collector.relay.progress import take_progress
from collector.relay.requests import tracking
from collector.relay.requests.endpoints import vendor_folder
from tests.fakes.patches import back_up, install, keep_patch
from tests.fakes.seeded_console import Seeds
from tests.fakes.vendor import FakeVendor
from wire.documents.model import ActionRequest
from wire.keys import generate_key
from wire.proofs import Passed, PatchProgress

ACTIONS = """product: his
version: "1"
actions:
  - name: apply-patch
    title: {en: Apply, ko: 적용, zh: 应用}
    risk: high
    parameters: {patch: {kind: name}, digest: {kind: name}}
    patch: {}
"""


class Console(Protocol):
    parts: Parts
    seeds: Seeds

    def robot(self) -> httpx.Client: ...
    def logged_in(self, name: str = "jh") -> httpx.Client: ...
    def csrf(self, client: httpx.Client) -> str: ...


def words(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def post(console: Console, client: httpx.Client, path: str, **form: str) -> httpx.Response:
    return client.post(path, data={"csrf": console.csrf(client), **form})


@pytest.fixture(scope="module")
def patched(console: Console, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two hosts with the module: one ready with a ticket that would be cured, one without a backup."""
    seeds, store, now = console.seeds, console.parts.store, console.parts.now()
    ready, bare = seeds.host("busan", "lis-01"), seeds.host("busan", "lis-02")
    for agent in (ready, bare):
        install(store, agent, "busan", {"his/HIS-LIS": "1.9"})
    back_up(store, ready, "busan", now - timedelta(hours=3))
    back_up(store, bare, "busan", now - timedelta(days=3))
    number = seeds.ticket("busan", ready, product="his", code="HIS-LIS-77", number="2026-000777")
    patch = keep_patch(store, fixes=["HIS-LIS-77"])
    vendor = FakeVendor(tmp_path_factory.mktemp("vendor"))
    vendor.shop.add("his/actions.yaml", ACTIONS.encode())
    vendor.publish()
    folder: Path = vendor_folder(console.parts)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(vendor.out)
    return {"ready": ready, "bare": bare, "ticket": number, "patch": patch}


def standing(console: Console, agent: str) -> tuple[str, str]:
    with console.robot() as robot:
        found = {each["agent"]: each for each in robot.get("/v1/patches/his/his-2.0").json()["standing"]}
    return found[agent]["state"], found[agent]["reason"]


def test_the_list_counts_sites_and_tickets(console: Console, patched: dict[str, Any]) -> None:
    with console.robot() as robot, console.logged_in() as client:
        [line] = robot.get("/v1/patches").json()["patches"]
        assert (line["sites"], line["ready_sites"], line["open_tickets"]) == (1, 1, 1)
        assert (line["hosts"]["installable_now"], line["hosts"]["blocked"]) == (1, 1)
        assert line["reasons"] == {"blocked:backup": 1}
        assert "Results arrive in time" in words(client.get("/patches"))
        assert robot.get("/v1/patches/his/none").status_code == client.get("/patches/his/none").status_code == 404
    assert standing(console, patched["bare"]) == ("blocked", "backup")


def test_the_page_says_why_and_the_site_and_the_ticket_name_it(console: Console, patched: dict[str, Any]) -> None:
    with console.logged_in() as client:
        page = words(client.get("/patches/his/his-2.0"))
        assert "no good backup of the last 48 hours" in page
        assert "can be installed now" in page
        assert "#2026-000777" in page
        assert "Results arrive in time" in words(client.get("/sites/busan"))
        assert "Cured by a patch" in words(client.get("/tickets/2026-000777"))
        assert "Cured by a patch" not in words(client.get("/tickets/2026-000123"))


def test_a_customer_s_later_is_noted_shown_and_lifted(console: Console, patched: dict[str, Any]) -> None:
    here = "/patches/his/his-2.0"
    day = f"{console.parts.now() + timedelta(days=9):%Y-%m-%d}"
    said = {"site": "busan", "reason": "after the audit", "said_by": "Kim, by phone"}
    with console.logged_in() as client:
        assert post(console, client, f"{here}/defer", until="soon", **said).status_code == 409
        assert post(console, client, f"{here}/defer", until="2020-01-01", **said).status_code == 409
        assert post(console, client, f"{here}/nothing", **said).status_code == 404
        assert post(console, client, f"{here}/defer", until=day, **said).status_code == 303
        assert standing(console, patched["ready"]) == ("deferred", "")
        assert "after the audit" in words(client.get(here))
        assert post(console, client, f"{here}/decline", **said).status_code == 303
        assert standing(console, patched["ready"]) == ("declined", "")
        assert post(console, client, f"{here}/lift", site="busan").status_code == 303
        assert post(console, client, f"{here}/lift", site="busan").status_code == 409
    assert standing(console, patched["ready"]) == ("installable_now", "")


def test_a_draft_names_the_patch_by_its_digest_and_stands_on_the_ticket(
    console: Console, patched: dict[str, Any]
) -> None:
    patch: Patch = patched["patch"]
    with console.logged_in() as client, console.robot() as robot:
        form = {"host": patched["ready"], "ticket": "2026-000777", "reason": "cures the delay"}
        assert post(console, client, "/patches/his/his-2.0/draft", **{**form, "ticket": "x"}).status_code == 409
        assert post(console, client, "/patches/his/his-2.0/draft", **form).status_code == 303
        page = client.get("/tickets/2026-000777").text
        assert "sitewarden request sign" in page
        assert patch.digest in page
        found = {each["agent"]: each for each in robot.get("/v1/patches/his/his-2.0").json()["standing"]}
        assert found[patched["ready"]]["progress"] == "asked"


def test_every_step_and_the_failed_gate_stand_on_page_and_ticket(console: Console, patched: dict[str, Any]) -> None:
    patch, agent, now = patched["patch"], patched["bare"], console.parts.now()
    request = ActionRequest(
        id="d" * 32, site="busan", hosts=[agent], made_at=now, not_before=now, not_after=now + timedelta(hours=1),
        product="his", action="apply-patch", actions_digest="0" * 64, reason="cures it", ticket="2026-000777",
        parameters={"patch": patch.id, "digest": patch.digest},
    )  # fmt: skip
    states = [
        Passed(state="planned", at=now),
        Passed(state="rolling_back", at=now, reason="it is not well: <b>sum</b>"),
        Passed(state="a_new_state", at=now),
    ]
    with console.parts.store.writing() as connection:
        tracking.register(connection, request, "e" * 64, actor="jh", now=now)
        known = KnownAgent(agent, "busan", "k", generate_key().public_key(), revoked=False)
        take_progress(connection, known, PatchProgress(digest="e" * 64, patch=patch.id, states=states), now)
    with console.logged_in() as client, console.robot() as robot:
        for path in ("/patches/his/his-2.0", "/tickets/2026-000777"):
            text = words(client.get(path))
            for each in ("checked", "being taken back", "a_new_state", "it is not well: <b>sum</b>"):
                assert each in text, (path, each)
            assert "<b>sum</b>" not in client.get(path).text
        standing = robot.get("/v1/patches/his/his-2.0").json()["standing"]
    assert [each["state"] for line in standing if line["agent"] == agent for each in line["passed"]] == [
        "planned",
        "rolling_back",
        "a_new_state",
    ]
