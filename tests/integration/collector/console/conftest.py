"""One seeded console for the module, on a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from collector.auth import service
from collector.parts import Parts
from tests.fakes.seeded_console import Seeds, add_people, open_store, parts_of, seed_all, serving


@dataclass
class Console:
    """The running console and what stands behind it."""

    url: str
    parts: Parts
    seeds: Seeds
    token: str

    def stranger(self) -> httpx.Client:
        return httpx.Client(base_url=self.url)

    def logged_in(self, name: str = "jh") -> httpx.Client:
        store, new_secret, now = self.parts.store, self.parts.new_secret, self.parts.now()
        link = service.make_login_link(store, name, new_secret=new_secret, now=now)
        session = service.log_in_by_link(store, link, new_secret=new_secret, now=now)
        return httpx.Client(base_url=self.url, cookies={"sitewarden": session})

    def robot(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {self.token}"})

    def csrf(self, client: httpx.Client) -> str:
        visitor = service.by_session(self.parts.store, client.cookies["sitewarden"], now=self.parts.now())
        assert visitor is not None
        return visitor.csrf


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[Console]:
    store = open_store(tmp_path_factory.mktemp("console") / "c.db")
    parts = parts_of(store)
    add_people(parts)
    seeds = Seeds(store)
    seed_all(seeds)
    token = service.make_api_token(store, "jh", new_secret=parts.new_secret, now=parts.now())
    assert store.backend.is_shared == (database == "postgresql")
    with serving(parts) as url:
        yield Console(url, parts, seeds, token)
    store.close()
