"""The actions of a ticket page, in a real browser: prepare a draft, see it live, drop it."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.relay.requests import repository, tracking
from collector.relay.requests.model import RequestRecord
from collector.relay.service import send
from tests.fakes.asking_site import publishing_vendor
from wire.documents.envelope import add_signature, encode_envelope
from wire.documents.model import ActionRequest, write_document
from wire.keys import generate_key
from wire.proofs import Outcome, Result

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


@pytest.fixture
def ticket(desk: Any, tmp_path: Path) -> str:
    """A ticket of a host of its own, whose product has published actions."""
    vendor = publishing_vendor(tmp_path / "vendor-desk")
    shutil.copytree(vendor.out, Path(desk.parts.settings.state) / "vendor")
    desk.seeds.site("jeju", "제주")
    host = desk.seeds.host("jeju", "jeju-app-01")
    number: str = desk.seeds.ticket("jeju", host)
    desk.seeds.set_ticket(number, product="his")
    return number


def newest(desk: Any, ticket: str) -> RequestRecord:
    with desk.parts.store.reading() as connection:
        row = connection.exec_driver_sql("SELECT id FROM ticket WHERE number = ?", (ticket,)).scalar_one()
        return repository.requests_of_ticket(connection, row)[0]


def test_a_draft_is_prepared_and_shows_the_command_to_sign_it(desk: Any, ticket: str) -> None:
    page = desk.live(f"/tickets/{ticket}", locale="en-GB")
    page.get_by_text("Restart a service").click()
    form = page.locator("[data-key='draft-restart-service']")
    form.get_by_label("service").select_option("his-bil.service")
    form.get_by_label("lines").fill("7")
    form.get_by_label("unit").fill("--now")
    form.get_by_label("Why, for the customer to read").fill("it <b>hangs</b>")
    form.get_by_role("button", name="Prepare").click()
    assert form.get_by_label("unit").evaluate("field => field.validity.patternMismatch")
    form.get_by_label("unit").fill("main")
    form.get_by_role("button", name="Prepare").click()
    card = page.locator("article.request")
    card.wait_for()
    record = newest(desk, ticket)
    assert card.locator(".command").inner_text() == f"sitewarden request sign {record.id}"
    assert record.asked.parameters == {"service": "his-bil.service", "lines": "7", "unit": "main"}
    assert "it <b>hangs</b>" in card.inner_text()
    card.get_by_role("button", name="Discard").click()
    page.get_by_text("jh stopped restart-service").wait_for()
    assert card.locator(".command").count() == 0
    assert desk.complaints == []


def test_each_standing_shows_by_itself_and_an_output_stays_text(desk: Any, ticket: str) -> None:
    page = desk.live(f"/tickets/{ticket}", locale="en-GB")
    store, now = desk.parts.store, desk.parts.now()
    with store.reading() as connection:
        host = connection.exec_driver_sql("SELECT id FROM agent WHERE hostname='jeju-app-01'").scalar_one()
    request = ActionRequest(
        id="b" * 32, site="jeju", hosts=[host], made_at=now, not_before=now, not_after=now + timedelta(hours=1),
        product="his", action="free-space", actions_digest="0" * 64, reason="disk", ticket=ticket,
    )  # fmt: skip
    envelope = add_signature(write_document(request), generate_key())
    send(store, encode_envelope(envelope), now=now, actor="sy")
    page.get_by_text("sy sent the signed request for free-space").wait_for()
    hindered = Result(digest=envelope.digest, outcome=Outcome.REFUSED, obstacle="no_approval", ended_at=now)
    text = "\x1b[31m<script>alert(1)</script>\x1b[0m\u202eevil\nsecond"
    done = Result(digest=envelope.digest, outcome=Outcome.DONE, exit_code=0, output=text, ended_at=now)
    for result, words in ((hindered, "the customer has not approved it yet"), (done, "ran free-space: done")):
        with store.writing() as connection:
            tracking.hear(connection, result, host, now)
        page.get_by_text(words).first.wait_for()
    shown = page.locator(".timeline .output").first
    assert "<script>alert(1)</script>" in shown.inner_text()
    assert "\\u202e" in shown.inner_text()
    assert "[31m" not in shown.inner_text()
    assert desk.complaints == []


def test_without_published_actions_the_page_says_so(desk: Any) -> None:
    number = desk.seeds.ticket("daejeon")
    page = desk.open(f"/tickets/{number}", locale="en-GB")
    assert "has published no actions" in page.locator("#actions").inner_text()
