"""Charts of a host as numbers and as a table that needs no script."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

import httpx
import pytest

from collector.health.keeping import keep
from tests.builders import a_health
from tests.fakes.seeded_console import NOW, Seeds
from wire.messages import Disk


class Console(Protocol):
    seeds: Seeds

    def stranger(self) -> httpx.Client: ...
    def logged_in(self, name: str = "jh") -> httpx.Client: ...


@pytest.fixture
def host(console: Console) -> str:
    host = console.seeds.host("daejeon", "rad-01")
    disks = [Disk(mount="/<b>", size_bytes=10, used_percent=40.0)]
    minutes = [at for at in range(60 * 26) if not 600 <= at < 720]
    with console.seeds.store.writing() as connection:
        keep(
            connection,
            [
                (host, "daejeon", a_health(sampled_at=NOW - timedelta(minutes=at), disks=disks, cpu_percent=33.3), NOW)
                for at in minutes
            ],
        )
    return host


def _address(host: str, suffix: str = "", query: str = "") -> str:
    return f"/sites/daejeon/hosts/{host}/health{suffix}{query}"


def test_numbers_of_a_day_with_the_gap(console: Console, host: str) -> None:
    with console.logged_in() as client:
        found: dict[str, Any] = client.get(_address(host, ".json")).json()
    assert (found["tz"], found["range"]) == ("Asia/Seoul", "day")
    names = [chart["name"] for chart in found["charts"]]
    assert names == ["load", "disks", "queue", "network", "inodes", "agent_memory", "agent"]
    load = found["charts"][0]
    assert load["lines"] == ["CPU", "Memory", "Swap"]
    assert len(load["times"]) <= 292
    assert [len(column) for column in load["mean"]] == [len(load["times"])] * 3
    assert load["mean"][0].count(None) == 1, "one break for one gap"
    assert set(load["mean"][0]) == {33.3, None}
    assert found["from"] <= load["times"][0] + 300


@pytest.mark.parametrize(("name", "most"), [("week", 170), ("month", 374), ("year", 368), ("century", 292)])
def test_longer_ranges_have_no_more_points(console: Console, host: str, name: str, most: int) -> None:
    with console.logged_in() as client:
        found = client.get(_address(host, ".json", f"?range={name}&main")).json()
    assert [chart["name"] for chart in found["charts"]] == ["load", "disks", "queue"]
    assert 0 < len(found["charts"][0]["times"]) <= most


def test_the_page_says_it_all_without_a_script(console: Console, host: str) -> None:
    with console.logged_in() as client:
        page = client.get(_address(host, query="?range=week"))
        site = client.get("/sites/daejeon?range=month")
    assert page.status_code == 200
    assert "33 %" in page.text
    assert "/&lt;b&gt;" in page.text
    assert "<b>" not in page.text.split("<table", 1)[1].split("</table>", 1)[0]
    assert page.text.count('aria-current="true"') == 1
    assert 'range=week" aria-current="true"' in page.text
    assert f"/sites/daejeon/hosts/{host}/health?range=month" in site.text


def test_only_for_who_is_logged_in_and_only_what_is_there(console: Console, host: str) -> None:
    with console.stranger() as client:
        assert client.get(_address(host)).status_code == 303
        assert client.get(_address(host, ".json")).status_code in {303, 401}
    with console.logged_in() as client:
        for address in (_address("nobody"), _address("nobody", ".json"), f"/sites/elsewhere/hosts/{host}/health"):
            assert client.get(address).status_code == 404


def test_a_host_without_samples(console: Console) -> None:
    empty = console.seeds.host("daejeon", "new-01")
    with console.logged_in() as client:
        assert client.get(_address(empty, ".json")).json()["charts"] == []
        assert client.get(_address(empty)).status_code == 200
