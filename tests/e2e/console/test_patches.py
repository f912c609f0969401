"""The pages of patches in a real browser: a deferral by hand, and a phone in three languages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

import pytest
from playwright.sync_api import Page, expect

from collector.parts import Parts
from tests.fakes.patches import back_up, install, keep_patch
from tests.fakes.seeded_console import NOW, Seeds

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
LANGUAGES = {"en": "Patches", "ko": "패치", "zh-CN": "补丁"}


class Desk(Protocol):
    parts: Parts
    seeds: Seeds
    complaints: list[str]

    def open(self, path: str = "/", *, who: str | None = "jh", **options: Any) -> Page: ...


@pytest.fixture
def site(desk: Desk) -> str:
    """Two hosts with the module, one of them without a fresh backup, and a ticket that would be cured."""
    site = desk.seeds.site("jeju", "제주 온새로병원")
    for name in ("lis-01", "lis-02"):
        agent = desk.seeds.host(site, hostname=name)
        install(desk.parts.store, agent, site, {"his/HIS-LIS": "1.9"})
        back_up(desk.parts.store, agent, site, NOW - timedelta(hours=3 if name == "lis-01" else 90))
    desk.seeds.ticket(site, agent, product="his", code="HIS-LIS-88", number="2026-000888")
    keep_patch(desk.parts.store, fixes=["HIS-LIS-88"])
    return site


def test_a_customer_says_later(desk: Desk, site: str) -> None:
    page = desk.open("/patches")
    page.get_by_role("link", name="Results arrive in time").click()
    row = page.get_by_role("row").filter(has_text="lis-02")
    expect(row).to_contain_text("no good backup of the last 48 hours")
    page.locator("summary", has_text="Later").click()
    page.get_by_label("Not before").fill(f"{NOW + timedelta(days=9):%Y-%m-%d}")
    page.get_by_label("Who of the customer said it, and how").first.fill("Kim, by phone")
    page.get_by_label("Why", exact=True).first.fill("after the audit")
    page.get_by_role("button", name="Put it off").click()
    expect(page.get_by_role("row").filter(has_text="lis-01")).to_contain_text("put off by the customer")
    page.get_by_role("button", name="Lift it").first.click()
    expect(page.get_by_role("row").filter(has_text="lis-01")).to_contain_text("can be installed now")
    assert desk.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_a_phone_nothing_is_wider_than_the_screen(desk: Desk, site: str, language: str) -> None:
    phone: dict[str, Any] = {
        "viewport": {"width": 360, "height": 780},
        "locale": language,
        "extra_http_headers": {"accept-language": language},
    }
    for path in ("/patches", "/patches/his/his-2.0", "/sites/jeju"):
        page = desk.open(path, **phone)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert LANGUAGES[language] in desk.open("/patches", **phone).locator("h1").inner_text()
