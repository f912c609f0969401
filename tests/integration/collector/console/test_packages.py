"""Modules on a site's page, and its packages, on a real socket."""

from __future__ import annotations

from typing import Protocol

import httpx
import pytest

from collector.fleet.software.repository import take
from collector.parts import Parts
from tests.builders import an_inventory_diff
from tests.fakes.seeded_console import Seeds
from wire.messages import SoftwareKind


class Console(Protocol):
    parts: Parts
    seeds: Seeds

    def logged_in(self, name: str = "jh") -> httpx.Client: ...
    def stranger(self) -> httpx.Client: ...


@pytest.fixture(scope="module", autouse=True)
def software(console: Console) -> None:
    console.seeds.site("packed", "패키지 병원")
    host = console.seeds.host("packed", hostname="packed-1")
    packages = {f"lib{number:03}": "1.0" for number in range(250)}
    diffs = [
        an_inventory_diff(present=packages),
        an_inventory_diff(of=SoftwareKind.MODULE, present={"clinic/BILLING": "4.2.1", "clinic/<b>": ""}),
    ]
    with console.parts.store.writing() as connection:
        take(connection, agent_id=host, site_id="packed", diffs=diffs)


def test_a_site_shows_modules_and_how_many_packages(console: Console) -> None:
    with console.logged_in() as client:
        page = client.get("/sites/packed").text
    assert "4.2.1" in page
    assert "not found" in page
    assert "<b>" not in page
    assert ">250</a>" in page


def test_packages_are_searched_by_name(console: Console) -> None:
    with console.logged_in() as client:
        page = client.get("/sites/packed/packages", params={"q": "lib24"}).text
        everything = client.get("/sites/packed/packages").text
        nothing = client.get("/sites/packed/packages", params={"q": '"><script>'}).text
    assert page.count("packed-1") == 10
    assert everything.count("packed-1") == 200
    assert "There are more" in everything
    assert "There are more" not in page
    assert "Nothing found" in nothing
    assert "<script>" not in nothing.partition("</head>")[2].partition("<script")[0]


def test_packages_of_an_unknown_site_and_for_strangers(console: Console) -> None:
    with console.logged_in() as client:
        assert client.get("/sites/nowhere/packages").status_code == 404
    with console.stranger() as stranger:
        assert stranger.get("/sites/packed/packages").status_code in {303, 401}
