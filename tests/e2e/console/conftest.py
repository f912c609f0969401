"""A browser on a seeded console."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from collector.auth import service
from collector.parts import Parts
from tests.fakes.seeded_console import Seeds, add_people, open_store, parts_of, seed_all, serving

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass
class Desk:
    """The console, and pages that remember every complaint of the browser."""

    url: str
    parts: Parts
    seeds: Seeds
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, path: str = "/", *, who: str | None = "jh", **options: object) -> Page:
        """A page of a new browser profile, logged in as `who`."""
        context = self.browser.new_context(base_url=self.url, **options)  # type: ignore[arg-type]
        self.contexts.append(context)
        if who is not None:
            store, new_secret, now = self.parts.store, self.parts.new_secret, self.parts.now()
            link = service.make_login_link(store, who, new_secret=new_secret, now=now)
            session = service.log_in_by_link(store, link, new_secret=new_secret, now=now)
            context.add_cookies([{"name": "sitewarden", "value": session, "url": self.url}])
        page = context.new_page()
        page.set_default_timeout(8_000)
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.goto(path)
        return page

    def live(self, path: str = "/", **options: object) -> Page:
        """`open`, and the page's stream has said its first word."""
        page = self.open(path, **options)  # type: ignore[arg-type]
        page.wait_for_selector("html[data-stream=open]")
        return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium at /usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def desk(browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    store = open_store(tmp_path / "c.db")
    parts = parts_of(store)
    add_people(parts)
    seeds = Seeds(store)
    seed_all(seeds)
    with serving(parts) as url:
        desk = Desk(url, parts, seeds, browser)
        yield desk
        for context in desk.contexts:
            context.close()
    store.close()
