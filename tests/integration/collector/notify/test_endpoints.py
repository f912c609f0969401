"""Recipients, webhooks and messages in the API; bad input is a sentence, never a 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.auth import service
from collector.notify.delivery import Courier
from collector.notify.model import Channel
from collector.notify.port import Outcome, Verdict
from collector.parts import Parts
from tests.fakes.receivers import FakeChannel
from tests.fakes.seeded_console import Seeds, add_people, open_store, parts_of, seed_all, serving


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    store = open_store(tmp_path_factory.mktemp("api") / "c.db")
    built = parts_of(store)
    add_people(built)
    seed_all(Seeds(store))
    yield built
    store.close()


@pytest.fixture(scope="module")
def robot(parts: Parts) -> Iterator[httpx.Client]:
    token = service.make_api_token(parts.store, "jh", new_secret=parts.new_secret, now=parts.now())
    with serving(parts) as url, httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}) as client:
        yield client


def test_a_recipient_from_beginning_to_end(robot: httpx.Client) -> None:
    made = robot.post("/v1/recipients", json={"name": "kim", "address": "kim@example.com", "quiet": "22:00-07:00"})
    assert made.status_code == 201, made.text
    assert made.json()["kinds"] == ["page", "digest"]
    assert robot.post("/v1/recipients", json={"name": "kim", "address": "k@e.com"}).status_code == 422
    assert [each["name"] for each in robot.get("/v1/recipients").json()["recipients"]] == ["kim"]
    changed = robot.put("/v1/recipients/kim", json={"address": "k@e.com", "kinds": ["page"], "level": 2})
    assert changed.json() == {**made.json(), "address": "k@e.com", "kinds": ["page"], "level": 2, "quiet": None}
    assert robot.get("/v1/recipients").json() == {"recipients": [changed.json()]}
    assert robot.put("/v1/recipients/lee", json={"address": "k@e.com"}).status_code == 422
    assert robot.put("/v1/recipients/kim", json={"name": "lee", "address": "k@e.com"}).status_code == 422
    sent = robot.post("/v1/recipients/kim/test")
    assert sent.status_code == 202
    message = robot.get(f"/v1/messages/{sent.json()['message']}").json()
    assert (message["to"], message["state"], message["kind"]) == ("kim", "waiting", "test")
    assert "This is a test" in message["body"]
    assert robot.delete("/v1/recipients/kim").status_code == 200
    assert robot.delete("/v1/recipients/kim").status_code == 422
    assert robot.get("/v1/recipients").json() == {"recipients": []}


def test_a_webhook_shows_its_secret_once(robot: httpx.Client, parts: Parts) -> None:
    made = robot.post("/v1/webhooks", json={"name": "chat", "address": "https://chat.example/hook"})
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    changed = robot.put("/v1/webhooks/chat", json={"address": "https://b.example/", "events": ["ticket.opened"]})
    assert changed.json()["address"] == "https://b.example/"
    assert "secret" not in changed.text
    listed = robot.get("/v1/webhooks")
    assert "secret" not in listed.text
    with parts.store.reading() as connection:
        assert secret not in str(connection.exec_driver_sql("SELECT * FROM webhook").all())
    assert robot.delete("/v1/webhooks/chat").status_code == 200


def test_a_dead_letter_is_seen_and_sent_again(robot: httpx.Client, parts: Parts) -> None:
    robot.post("/v1/webhooks", json={"name": "dead", "address": "https://dead.example/hook"})
    number = robot.post("/v1/webhooks/dead/test").json()["message"]
    channel = FakeChannel([Outcome(Verdict.REFUSED, "answered 404", 404)])
    Courier(parts.store, Channel.WEBHOOK, channel, parts.now, parts.monotonic, parts.new_secret).deliver()
    found = robot.get("/v1/messages", params={"state": "dead", "to": "dead"}).json()["messages"]
    assert [each["id"] for each in found] == [number]
    history = robot.get(f"/v1/messages/{number}").json()["history"]
    assert (history[0]["event"], history[0]["status"], history[0]["detail"]) == ("refuse", 404, "answered 404")
    assert robot.post(f"/v1/messages/{number}/resend").status_code == 202
    again = robot.get(f"/v1/messages/{number}").json()
    assert (again["state"], again["history"][0]["actor"]) == ("waiting", "jh")
    assert robot.post(f"/v1/messages/{number}/resend").status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "Kim", "address": "kim@example.com"},
        {"name": "k" * 65, "address": "kim@example.com"},
        {"name": "kim\n", "address": "kim@example.com"},
        {"name": "kim", "address": "kim"},
        {"name": "kim", "address": "kim@example.com\r\nBcc: e@x.com"},
        {"name": "kim", "address": "Kim <kim@example.com>"},
        {"name": "kim", "address": "김@example.com"},
        {"name": "kim", "address": "kim@example.com", "language": "fr"},
        {"name": "kim", "address": "kim@example.com", "kinds": []},
        {"name": "kim", "address": "kim@example.com", "kinds": ["all"]},
        {"name": "kim", "address": "kim@example.com", "kinds": ["customer"]},
        {"name": "kim", "address": "kim@example.com", "level": 5},
        {"name": "kim", "address": "kim@example.com", "sites": ["nowhere"]},
        {"name": "kim", "address": "kim@example.com", "zone": "Mars/Olympus"},
        {"name": "kim", "address": "kim@example.com", "zone": "../../etc/passwd"},
        {"name": "kim", "address": "kim@example.com", "quiet": "22-07"},
        {"name": "kim", "address": "kim@example.com", "quiet": "24:00-07:00"},
        {"name": "kim", "address": "kim@example.com", "other": 1},
    ],
)
def test_a_recipient_that_cannot_be(robot: httpx.Client, body: dict[str, object]) -> None:
    answer = robot.post("/v1/recipients", json=body)
    assert (answer.status_code, bool(answer.json()["error"])) == (422, True)


@pytest.mark.parametrize(
    "change",
    [
        {"address": "http://chat.example/"},
        {"address": "https://user@chat.example/"},
        {"address": "file:///etc/passwd"},
        {"events": ["ticket.exploded"]},
        {"name": ""},
        {"secret": "whsec_mine"},
    ],
)
def test_a_webhook_that_cannot_be(robot: httpx.Client, change: dict[str, object]) -> None:
    answer = robot.post("/v1/webhooks", json={"name": "x", "address": "https://chat.example/", **change})
    assert (answer.status_code, bool(answer.json()["error"])) == (422, True)


@pytest.mark.parametrize(
    "query", ["state=lost", "channel=fax", "limit=0", "limit=501", "before=x", "limit=-1", "a=b", "to=a&to=b"]
)
def test_a_filter_that_cannot_be(robot: httpx.Client, query: str) -> None:
    assert robot.get(f"/v1/messages?{query}").status_code == 422


@settings(max_examples=15)
@given(st.text(max_size=30), st.binary(max_size=200))
def test_no_input_is_a_fault_of_ours(robot: httpx.Client, text: str, body: bytes) -> None:
    for path in ("/v1/recipients", "/v1/webhooks"):
        assert robot.post(path, content=body).status_code in {400, 422}
    for answer in (
        robot.get("/v1/messages", params={"to": text, "ticket": text}),
        robot.get(f"/v1/messages/{httpx.QueryParams({'a': text})}"),
        robot.get("/v1/messages/99999999999999999999"),
    ):
        assert answer.status_code < 500


def test_a_stranger_sees_nothing(parts: Parts, tmp_path: Path) -> None:
    with serving(parts) as url, httpx.Client(base_url=url) as stranger:
        for path in ("/v1/recipients", "/v1/webhooks", "/v1/messages", "/v1/messages/1"):
            assert stranger.get(path).status_code == 401
    parts.stopping.clear()
