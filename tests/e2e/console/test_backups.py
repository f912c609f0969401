"""The page of a site's backups in a real browser: charts, a phone, without JavaScript, and a proof to keep."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Page, expect

from collector.parts import Parts
from tests.fakes.proven_backups import ProvenBackups
from tests.fakes.seeded_console import NOW, Seeds
from wire.documents.backups import read_backup_proof
from wire.documents.envelope import decode_envelope

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
LANGUAGES = {"en": "Backups", "ko": "백업", "zh-CN": "备份"}


class Desk(Protocol):
    parts: Parts
    seeds: Seeds
    complaints: list[str]

    def open(self, path: str = "/", *, who: str | None = "jh", **options: Any) -> Page: ...


@pytest.fixture
def host(desk: Desk) -> ProvenBackups:
    """A site of one host with a month of backups, and a second one that tells nothing."""
    site = desk.seeds.site("masan", "마산 온새로병원")
    found = ProvenBackups(desk.parts.store, desk.seeds.host(site, hostname="his-db-01"), site)
    desk.seeds.host(site, hostname="web-01")
    found.month(NOW)
    return found


def test_charts_are_drawn_and_a_proof_is_kept(desk: Desk, host: ProvenBackups) -> None:
    page = desk.open("/sites")
    page.get_by_role("row").filter(has_text="마산").get_by_role("link", name="1 of 2 proven").click()
    expect(page.get_by_role("heading", name="his-db-01")).to_be_visible()
    expect(page.locator(".plot canvas")).to_have_count(2)
    drawn = page.evaluate("document.querySelector('[data-plot=size]').chart.data.map((column) => column.length)")
    assert set(drawn) == {29}
    panel = page.get_by_role("region", name="his-db-01")
    expect(panel.locator("header .pill")).to_have_text("Proven")
    expect(panel.locator("dt", has_text="Missed nights").locator("+ dd")).to_contain_text("1")
    expect(page.get_by_role("region", name="web-01").locator("header .pill")).to_have_text("Nothing known")
    with page.expect_download() as waited:
        page.get_by_role("link", name="No.").first.click()
    proof = read_backup_proof(decode_envelope(Path(waited.value.path()).read_bytes()), host.key.public_key())
    assert (proof.agent, waited.value.suggested_filename) == (host.agent, f"{proof.journal}-{proof.number:010d}.json")
    assert desk.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [360, 390])
def test_on_a_phone_nothing_is_wider_than_the_screen(
    desk: Desk, host: ProvenBackups, language: str, width: int
) -> None:
    host.drill(NOW - timedelta(hours=1), good=False, code="not_as_saved", reason="x" * 300)
    viewport = {"width": width, "height": 844}
    page = desk.open(f"/sites/{host.site}/backups", viewport=viewport, locale=language)
    expect(page.get_by_role("heading", level=1)).to_have_text(LANGUAGES[language])
    expect(page.locator(".plot canvas").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert desk.complaints == []


def test_without_javascript_the_table_says_it(desk: Desk, host: ProvenBackups) -> None:
    page = desk.open(f"/sites/{host.site}/backups", java_script_enabled=False)
    expect(page.locator(".plots")).to_be_hidden()
    expect(page.get_by_role("row").filter(has_text="Drill, level 3").first).to_be_visible()
    assert page.get_by_role("columnheader", name="Duration").count() == 1
