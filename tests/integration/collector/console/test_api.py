"""The tickets' JSON API: shapes, filters, acts, and bad input that never becomes a 5xx."""

from __future__ import annotations

import json
from typing import Any, Protocol

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.console.gate import BODY_BYTES
from collector.parts import Parts
from tests.fakes.seeded_console import Seeds


class Console(Protocol):
    parts: Parts
    seeds: Seeds

    def robot(self) -> httpx.Client: ...
    def logged_in(self, name: str = "jh") -> httpx.Client: ...
    def csrf(self, client: httpx.Client) -> str: ...


def listed(robot: httpx.Client, **query: Any) -> dict[str, Any]:
    answer = robot.get("/v1/tickets", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_ticket_has_the_documented_shape(console: Console) -> None:
    number = console.seeds.ticket(count=7)
    with console.robot() as robot:
        ticket = robot.get(f"/v1/tickets/{number}").json()
    assert set(ticket) == {
        "number",
        "kind",
        "site",
        "site_name",
        "site_tz",
        "product",
        "module",
        "code",
        "level",
        "status",
        "firing",
        "title",
        "identity",
        "count",
        "opened_by",
        "opened_at",
        "clock_start_at",
        "first_event_at",
        "last_event_at",
        "acknowledged_at",
        "acknowledged_by",
        "assignee",
        "recovered_at",
        "resolved_at",
        "resolution",
        "closed_at",
        "reopen_count",
        "timeline",
        "events",
    }
    assert (ticket["number"], ticket["count"], ticket["status"], ticket["firing"]) == (number, 7, "new", True)
    assert ticket["opened_at"] == "2026-11-24T01:04:00.000000Z"
    assert set(ticket["title"]) == {"en", "ko", "zh"}
    assert ticket["events"][0]["line"] == 88_215
    assert ticket["timeline"][0]["kind"] == "opened"


def test_filters_choose_and_limits_hold(console: Console) -> None:
    console.seeds.site("filtered", "Filtered")
    first = console.seeds.ticket("filtered", level=1, code="F-1")
    second = console.seeds.ticket("filtered", level=2, code="F-2", status="resolved", resolved_at=console.parts.now())
    third = console.seeds.ticket("filtered", level=2, code="F-3")
    with console.robot() as robot:

        def numbers(**query: Any) -> list[str]:
            return [ticket["number"] for ticket in listed(robot, site="filtered", **query)["tickets"]]

        assert numbers() == [third, second, first]
        assert numbers(level=2) == [third, second]
        assert numbers(open="true") == [third, first]
        assert numbers(status="resolved") == [second]
        assert numbers(code="F-1") == [first]
        assert numbers(module="NO") == []
        assert numbers(before=third) == [second, first]
        page = listed(robot, site="filtered", limit=2)
        assert (len(page["tickets"]), page["more"]) == (2, True)


def test_since_gives_what_changed_after_it_once_and_in_order(console: Console) -> None:
    console.seeds.site("since", "Since")
    with console.robot() as robot:
        cursor = listed(robot, site="since")["cursor"]
        assert listed(robot, site="since", since=cursor) == {"tickets": [], "cursor": cursor, "more": False}
        made = [console.seeds.ticket("since") for _ in range(3)]
        seen, more = [], True
        while more:
            page = listed(robot, site="since", since=cursor, limit=1)
            seen += [ticket["number"] for ticket in page["tickets"]]
            cursor, more = page["cursor"], page["more"]
        assert seen == made
        robot.post(f"/v1/tickets/{made[0]}/comment", json={"text": "x"})
        assert [ticket["number"] for ticket in listed(robot, site="since", since=cursor)["tickets"]] == [made[0]]


def test_a_ticket_goes_through_its_acts(console: Console) -> None:
    number = console.seeds.ticket()
    with console.robot() as robot:

        def act(name: str, body: Any = None) -> httpx.Response:
            return robot.post(f"/v1/tickets/{number}/{name}", json=body)

        assert robot.post(f"/v1/tickets/{number}/acknowledge").json()["status"] == "acknowledged"
        assert act("acknowledge", {}).status_code == 409
        assert act("assign", {"assignee": "sy"}).json()["assignee"] == "sy"
        assert act("assign", {"assignee": "nobody"}).status_code == 409
        assert act("comment", {"text": "병동에 전화함\n\u202eabc"}).json()["timeline"][0]["actor"] == "jh"
        resolved = act("resolve", {"note": "queue restarted"}).json()
        assert (resolved["status"], resolved["timeline"][0]["detail"]["note"]) == ("resolved", "queue restarted")
        assert act("resolve", {"note": "again"}).status_code == 409
        assert act("reopen", {"note": "it is back"}).json()["reopen_count"] == 1
        waits = {"reason": "waiting_customer_info", "message": "which printer?", "until": "2099-01-01T09:00:00+09:00"}
        paused = act("pause", waits).json()
        assert (paused["status"], paused["timeline"][0]["detail"]["text"]) == ("pending", "which printer?")
        assert act("pause", waits).status_code == 409
        assert act("pause", {**waits, "until": "2099-01-01T09:00:00"}).status_code == 422, "an instant has a zone"
        assert act("resume", {}).json()["status"] == "in_progress"
        level = act("level", {"level": 4, "note": "one of twelve"}).json()
        assert (level["level"], level["timeline"][0]["kind"]) == (4, "level_lowered")
        assert act("level", {"level": 5, "note": "x"}).status_code == 422
        assert act("excuse", {"metric": "resolve", "reason": "flood"}).status_code == 409, "nothing was missed"
        assert act("excuse", {"metric": "lunch", "reason": "flood"}).status_code == 422


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b""),
        (400, b"{"),
        (400, b'{"text":"a","text":"b"}'),
        (400, b'{"text":NaN}'),
        (400, b"\xff\xfe"),
        (400, b'{"text":"\xed\xa0\x80"}'),
        (400, b"[" * 60_000),
        (400, b'{"x":' * 10_000),
        (400, b'{"text":' + b"1" * 5_000 + b"}"),
        (422, b'{"text":"\\ud800"}'),
        (422, b"[]"),
        (422, b"null"),
        (422, b'{"text":1}'),
        (422, b'{"text":true}'),
        (422, b'{"text":1e999}'),
        (422, b'{"text":""}'),
        (422, b"{}"),
        (422, b'{"text":"a","more":1}'),
        (422, json.dumps({"text": "x" * 10_001}).encode()),
        (413, b'{"text":"' + b"x" * BODY_BYTES + b'"}'),
    ],
)
def test_a_bad_body_is_named_and_changes_nothing(console: Console, status: int, body: bytes) -> None:
    number = console.seeds.ticket()
    with console.robot() as robot:
        before = robot.get(f"/v1/tickets/{number}").text
        answer = robot.post(f"/v1/tickets/{number}/comment", content=body)
        if (status, answer.status_code) != (422, 400):  # both say whose fault it is
            assert answer.status_code == status, answer.text
        assert set(answer.json()) == {"error"}
        assert robot.get(f"/v1/tickets/{number}").text == before


@pytest.mark.parametrize(
    "query",
    [
        "level=0",
        "level=5",
        "level=x",
        "level=1&level=2",
        "limit=0",
        "limit=501",
        "since=-1",
        "since=1e3",
        "since=" + "9" * 40,
        "since=%D9%A3",
        "status=nope",
        "open=1",
        "what=1",
        "levle=1",
    ],
)
def test_a_bad_query_is_named(console: Console, query: str) -> None:
    with console.robot() as robot:
        answer = robot.get(f"/v1/tickets?{query}")
        assert answer.status_code == 422
        assert answer.json()["error"]


def test_what_is_not_there_is_404_and_a_wrong_method_405(console: Console) -> None:
    number = console.seeds.ticket()
    with console.robot() as robot:
        assert robot.get("/v1/tickets/2020-000001").status_code == 404
        assert robot.post("/v1/tickets/2020-000001/acknowledge").status_code == 404
        assert robot.post(f"/v1/tickets/{number}/__class__").status_code == 404
        assert robot.delete(f"/v1/tickets/{number}").status_code == 405


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["text", "note", "assignee", "x"]) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    act=st.sampled_from(
        ["acknowledge", "assign", "comment", "resolve", "reopen", "level", "pause", "resume", "excuse", "x"]
    ),
    body=st.binary(max_size=200) | anything.map(lambda value: json.dumps(value).encode()),
    number=st.sampled_from(["2026-000004", "2026-000006", "%00", "%ff%fe", "..%2f", "%ed%a0%80"])
    | st.integers().map(str),
)
def test_no_body_gives_a_5xx(console: Console, act: str, body: bytes, number: str) -> None:
    with console.robot() as robot:
        answer = robot.post(f"/v1/tickets/{number}/{act}", content=body)
    assert answer.status_code < 500, (answer.status_code, act, body)


@given(
    query=st.dictionaries(
        st.sampled_from(["site", "code", "before", "since", "level", "limit", "q", "mine", "next"]),
        st.text(max_size=20),
        max_size=4,
    ),
    path=st.sampled_from(["/v1/tickets", "/", "/find", "/login", "/sites/daejeon"]),
)
def test_no_query_gives_a_5xx(console: Console, query: dict[str, str], path: str) -> None:
    try:
        raw = httpx.QueryParams(query)
    except UnicodeEncodeError:
        return
    with console.robot() if path.startswith("/v1") else console.logged_in() as client:
        assert client.get(path, params=raw).status_code < 500


@given(
    path=st.sampled_from(
        [
            "/me",
            "/tickets/2026-000004/comment",
            "/tickets/2026-000006/resolve",
            "/tickets/2026-000006/assign",
            "/tickets/x/y",
            "/login",
            "/login/x",
        ]
    ),
    fields=st.dictionaries(
        st.sampled_from(["text", "note", "assignee", "language", "theme", "name", "password"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        max_size=4,
    ),
)
def test_no_form_gives_a_5xx(console: Console, path: str, fields: dict[str, str]) -> None:
    with console.logged_in() as client:
        assert client.post(path, data={**fields, "csrf": console.csrf(client)}).status_code < 500
