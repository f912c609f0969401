"""Charts of a host in a real browser: drawn, chosen by keyboard, on a phone, and without JavaScript."""

from __future__ import annotations

from typing import Any, Protocol

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


class Desk(Protocol):
    complaints: list[str]

    def open(self, path: str = "/", *, who: str | None = "jh", **options: Any) -> Page: ...


def _health(page: Page) -> Page:
    page.get_by_role("link", name="All charts").first.click()
    expect(page.locator(".plots")).to_be_visible()
    return page


def test_charts_are_drawn_and_a_longer_range_is_a_key_away(desk: Desk) -> None:
    page = desk.open("/sites/daejeon")
    expect(page.locator(".plots canvas").first).to_be_visible()
    _health(page)
    expect(page.locator('[data-plot="network"] canvas')).to_be_visible()
    assert page.locator(".plot canvas").count() == page.locator(".plot").count()
    drawn = page.evaluate("document.querySelector('[data-plot=load]').chart.data.map((column) => column.length)")
    assert len(set(drawn)) == 1
    assert drawn[0] > 100
    gaps = page.evaluate(
        "document.querySelector('[data-plot=load]').chart.data[1].filter((value) => value === null).length"
    )
    assert gaps == 1
    week = page.get_by_role("navigation", name="Range").get_by_role("link", name="Last week")
    week.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/health?range=week")
    expect(page.locator('.ranges [aria-current="true"]')).to_have_text("Last week")
    expect(page.locator('[data-plot="disks"] canvas')).to_be_visible()
    assert desk.complaints == []


def test_on_a_phone_nothing_is_wider_than_the_screen(desk: Desk) -> None:
    page = _health(desk.open("/sites/daejeon", viewport={"width": 390, "height": 844}))
    expect(page.locator('[data-plot="load"] canvas')).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.get_by_role("link", name="Last year").bounding_box()
    assert box is not None
    assert box["height"] >= 36


def test_without_javascript_the_table_says_it(desk: Desk) -> None:
    page = desk.open("/sites/daejeon", java_script_enabled=False)
    page.get_by_role("link", name="All charts").first.click()
    expect(page.locator(".plots")).to_be_hidden()
    row = page.get_by_role("row").filter(has_text="Memory").first
    expect(page.get_by_role("columnheader", name="Greatest")).to_be_visible()
    expect(row).to_be_visible()
