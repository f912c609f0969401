"""A ticket whose log lines the customer holds back says so, and how they come."""

from __future__ import annotations

from typing import Protocol

import httpx

from tests.fakes.seeded_console import Seeds


class Console(Protocol):
    seeds: Seeds

    def robot(self) -> httpx.Client: ...
    def logged_in(self, name: str = "jh") -> httpx.Client: ...


def test_the_page_says_who_holds_the_lines(console: Console) -> None:
    bare = {"text": "", "before": [], "after": []}
    held = console.seeds.ticket(event={**bare, "evidence_held": True})
    noticed = console.seeds.ticket(event=bare)
    with console.logged_in() as person:
        page, other = person.get(f"/tickets/{held}").text, person.get(f"/tickets/{noticed}").text
    with console.robot() as robot:
        event = robot.get(f"/v1/tickets/{held}").json()["events"][0]
    assert event["evidence_held"] is True
    assert f"sitewarden-agent evidence release {event['event_id'][:16]}" in page
    assert "evidence release" not in other
