"""Clocks on a ticket's page, printed, in the API; the calendar's page and its simulator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from collector.auth import service as accounts
from tests.fakes.seeded_console import PASSWORD, parts_of, serving
from tests.fakes.ticket_story import TicketStory


@pytest.fixture
def story(tmp_path: Path) -> TicketStory:
    story = TicketStory(tmp_path)
    story.fire()
    return story


@contextmanager
def logged_in(story: TicketStory) -> Iterator[httpx.Client]:
    parts = parts_of(story.store, lambda: story.now)
    accounts.add_user(
        parts.store, "kim", password=PASSWORD, language="en", new_secret=parts.new_secret, now=parts.now()
    )
    link = accounts.make_login_link(parts.store, "kim", new_secret=parts.new_secret, now=parts.now())
    session = accounts.log_in_by_link(parts.store, link, new_secret=parts.new_secret, now=parts.now())
    with serving(parts) as url, httpx.Client(base_url=url, cookies={"sitewarden": session}) as client:
        client.follow_redirects = True
        yield client


@pytest.fixture
def client(story: TicketStory) -> Iterator[httpx.Client]:
    with logged_in(story) as client:
        yield client


def _post(client: httpx.Client, path: str, **form: str) -> str:
    page = client.get(path.rpartition("/")[0]).text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf
    return client.post(path, data={**form, "csrf": csrf.group(1)}).text


def test_the_panel_says_what_is_left_and_by_whose_zone(client: httpx.Client, story: TicketStory) -> None:
    page = client.get(f"/tickets/{story.number}").text
    assert "1 h left" in page
    assert re.search(r"due <time[^>]*>today 11:00 KST", page)
    assert page.index("First response") < page.index("Restore") < page.index("Resolve by")
    assert "Explain this deadline" in page
    assert "counts" in page


def test_while_it_waits_what_remains_is_shown(client: httpx.Client, story: TicketStory) -> None:
    story.acknowledge()
    story.later(60)
    page = _post(client, f"/tickets/{story.number}/pause", reason="waiting_customer_info", message="Which printer?")
    assert "7 h left, paused" in page
    assert "let it wait for the customer" in page
    page = _post(client, f"/tickets/{story.number}/resume")
    assert "7 h left, paused" not in page
    refused = _post(client, f"/tickets/{story.number}/pause", reason="force_majeure", message="storm")
    assert "approval" in refused


def test_a_missed_deadline_says_so(story: TicketStory) -> None:
    story.at("2026-11-25T12:00")
    with logged_in(story) as client:
        page = client.get(f"/tickets/{story.number}").text
    assert "2 h 30 min over" in page
    assert "Deadline missed" in page


def test_the_printable_page_names_every_cycle(story: TicketStory) -> None:
    story.at("2026-11-24T12:00").resolve()
    story.at("2026-11-26T09:00").reopen()
    with logged_in(story) as client:
        page = client.get(f"/tickets/{story.number}/clocks").text
        assert page.count("cycle 2") == 2
        assert client.get("/tickets/2026-999999/clocks").status_code == 404


def test_the_year_and_the_simulator(client: httpx.Client) -> None:
    page = client.get("/calendars/cn?year=2026&start=2026-02-13T16:00&target=8h").text
    assert "14 Feb 15:30 CST (UTC+8)" in page
    assert page.count('data-kind="working"') > 2
    assert "data-foretold" in client.get("/calendars/cn?year=2027").text
    assert "is no target" in client.get("/calendars/kr?start=2026-02-13T16:00&target=soon").text
    assert "is no date" in client.get("/calendars/kr?start=x&target=8h").text
    for unknown in ("/calendars/mars", "/calendars/kr?year=12345", "/calendars/kr?year=x"):
        assert client.get(unknown).status_code == 404
    assert "Asia/Seoul" in client.get("/calendars").text


def test_the_api_explains(story: TicketStory) -> None:
    story.acknowledge()
    story.at("2026-11-24T11:00").pause()
    story.at("2026-11-24T13:00").resume()
    parts = parts_of(story.store, lambda: story.now)
    token = accounts.make_api_token(parts.store, "jh", new_secret=parts.new_secret, now=parts.now())
    address = f"/v1/clocks/explain?ticket={story.number}"
    with serving(parts) as url:
        assert httpx.get(url + address).status_code == 401
        with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}) as robot:
            assert len(robot.get(address).json()["clocks"]) == 3
            [clock] = robot.get(address + "&metric=resolve").json()["clocks"]
            for wrong, status in (
                (address + "&metric=soon", 422),
                (address + "&more=1", 422),
                ("/v1/clocks/explain", 422),
                ("/v1/clocks/explain?ticket=2026-999999", 404),
            ):
                assert robot.get(wrong).status_code == status
    [cycle] = clock["cycles"]
    assert (cycle["due"], cycle["zone"]) == ("2026-11-25T11:30:00+09:00", "Asia/Seoul")
    assert [each["seconds"] for each in cycle["counted"]] == [3_600, 14_400, 10_800]
    assert cycle["pauses"] == [{"from": "2026-11-24T11:00:00+09:00", "to": "2026-11-24T13:00:00+09:00"}]
    assert [step["act"] for step in clock["steps"]] == ["start", "pause", "resume"]
