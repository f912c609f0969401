"""The pages of messages in a real browser: adding, changing, a mistake, and a phone in three languages."""

from __future__ import annotations

from typing import Any, Protocol

import pytest
from playwright.sync_api import Page, expect

from collector.notify.people import service as people
from collector.notify.people.service import WantedRecipient
from collector.parts import Parts
from tests.fakes.seeded_console import Seeds

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
LANGUAGES = {"en": "Messages", "ko": "메시지", "zh-CN": "消息"}


class Desk(Protocol):
    parts: Parts
    seeds: Seeds
    complaints: list[str]

    def open(self, path: str = "/", *, who: str | None = "jh", **options: Any) -> Page: ...


@pytest.fixture
def told(desk: Desk) -> Desk:
    """A desk that tells two people and a program."""
    desk.seeds.site("jeju", "제주 온새로병원")
    kim = WantedRecipient(
        "kim.seoyeon", "kim.seoyeon@support.hanbit-medical.example", "ko", level=2, zone="Asia/Seoul",
        quiet="22:00-07:00",
    )  # fmt: skip
    people.add_recipient(desk.parts, kim)
    people.add_recipient(desk.parts, WantedRecipient("ward", "it@jeju.example", kinds=("customer",), sites=("jeju",)))
    people.add_webhook(
        desk.parts, "chat", "https://chat.support.hanbit-medical.example/hooks/9f27c1ab64", ("ticket.opened",)
    )
    people.send_test_mail(desk.parts, "kim.seoyeon")
    return desk


def test_a_recipient_is_added_changed_and_removed(desk: Desk) -> None:
    page = desk.open("/messages")
    page.locator("summary", has_text="Add a recipient").click()
    page.get_by_label("Name").first.fill("lee")
    page.get_by_label("Mail address").fill("lee@example.com")
    page.get_by_label("Hours in which digests wait").fill("late")
    page.get_by_role("button", name="Add").first.click()
    expect(page.get_by_role("alert").first).to_contain_text("quiet hours read 22:00-07:00")
    expect(page.get_by_label("Mail address")).to_have_value("lee@example.com")
    page.get_by_label("Hours in which digests wait").fill("22:00-07:00")
    page.get_by_role("button", name="Add").first.click()
    row = page.get_by_role("row").filter(has_text="lee@example.com")
    expect(row).to_contain_text("Level 4 and worse")
    row.get_by_role("link", name="Change").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change lee")
    page.get_by_label("This level and the worse ones").select_option("2")
    page.get_by_role("checkbox", name="Digests").uncheck()
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text="lee@example.com")
    expect(row).to_contain_text("Level 2 and worse")
    expect(row).not_to_contain_text("Digests")
    row.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("row").filter(has_text="lee@example.com")).to_have_count(0)
    assert desk.complaints == ["Failed to load resource: the server responded with a status of 409 (Conflict)"]


def test_a_webhook_is_added_and_changed(desk: Desk) -> None:
    page = desk.open("/messages")
    page.locator("summary", has_text="Add a webhook").click()
    page.locator("#w-name").fill("chat")
    page.get_by_label("Address, https").fill("https://chat.example/hook")
    page.get_by_label("ticket.opened", exact=True).check()
    page.locator("details", has=page.locator("#w-name")).get_by_role("button", name="Add").click()
    expect(page.get_by_text("whsec_")).to_be_visible()
    page.goto("/messages")
    expect(page.get_by_text("whsec_")).to_have_count(0)
    page.get_by_role("row").filter(has_text="chat.example").get_by_role("link", name="Change").click()
    expect(page.get_by_label("ticket.opened", exact=True)).to_be_checked()
    page.get_by_label("ticket.opened", exact=True).uncheck()
    page.get_by_label("Address, https").fill("https://other.example/hook")
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text="other.example")
    expect(row).to_contain_text("Every event")
    row.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("row").filter(has_text="webhook.test")).to_contain_text("Waiting")
    assert desk.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/messages", "/messages/1", "/recipients/kim.seoyeon", "/webhooks/chat"])
def test_on_a_phone_nothing_is_wider_than_the_screen(told: Desk, path: str, language: str) -> None:
    page = told.open(path, viewport={"width": 360, "height": 780}, locale=language, has_touch=True)
    expect(page.get_by_text(LANGUAGES[language]).first).to_be_attached()
    for details in page.locator("details").all():
        details.evaluate("it => it.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert told.complaints == []
