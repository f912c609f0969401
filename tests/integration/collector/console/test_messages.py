"""The pages of messages: what they show, what their forms do, and what they escape."""

from __future__ import annotations

from typing import Protocol

import httpx
import pytest

from collector.notify.delivery import Courier
from collector.notify.model import Channel
from collector.notify.people import service as people
from collector.notify.port import Outcome, Verdict
from collector.parts import Parts
from tests.fakes.receivers import FakeChannel
from tests.fakes.seeded_console import Seeds


class Console(Protocol):
    parts: Parts
    seeds: Seeds

    def logged_in(self, name: str = "jh") -> httpx.Client: ...
    def csrf(self, client: httpx.Client) -> str: ...


def post(console: Console, client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    return client.post(path, data={"csrf": console.csrf(client), **fields}, follow_redirects=True)


def test_a_recipient_is_made_tested_and_removed(console: Console) -> None:
    with console.logged_in() as client:
        made = post(console, client, "/recipients", name="kim", address="kim@example.com", kind_page="1")
        assert made.status_code == 200
        assert "kim@example.com" in made.text
        assert "This is a test" in post(console, client, "/recipients/kim/test").text
        number = client.get("/v1/messages").status_code
        assert number == 401, "a session opens no API"
        assert "kim@example.com · " not in post(console, client, "/recipients/kim/remove").text


def test_a_recipient_and_a_webhook_are_changed_on_a_page_of_their_own(console: Console) -> None:
    with console.logged_in() as client:
        post(console, client, "/recipients", name="kim", address="kim@example.com", kind_page="1", level="2")
        page = client.get("/recipients/kim").text
        assert 'value="kim@example.com"' in page
        assert 'name="kind_page" value="1" checked' in page
        assert 'name="kind_digest" value="1">' in page
        assert "<option selected>2</option>" in page
        new = {"address": "k@new.example", "kind_digest": "1", "level": "3", "name": "lee"}
        shown = post(console, client, "/recipients/kim/change", **new).text
        assert "k@new.example" in shown
        assert "lee" not in [each.name for each in people.list_recipients(console.parts)], "a name stays"
        wrong = post(console, client, "/recipients/kim/change", **{**new, "zone": "Mars"})
        assert wrong.status_code == 409
        assert "no time zone Mars" in wrong.text
        assert 'value="Mars"' in wrong.text
        post(console, client, "/webhooks", name="bell", address="https://chat.example/hook")
        assert 'value="https://chat.example/hook"' in client.get("/webhooks/bell").text
        new = {"address": "https://b.example/", "event_ticket.opened": "1"}
        assert "https://b.example/" in post(console, client, "/webhooks/bell/change", **new).text
        assert 'name="event_ticket.opened" value="1" checked' in client.get("/webhooks/bell").text
        assert post(console, client, "/webhooks/bell/change", address="http://b.example/").status_code == 409
        post(console, client, "/recipients/kim/remove")
        post(console, client, "/webhooks/bell/remove")
        for path in ("/recipients/nobody", "/webhooks/nobody"):
            assert client.get(path).status_code == 404


def test_what_was_typed_is_still_there_when_it_is_refused(console: Console) -> None:
    with console.logged_in() as client:
        page = post(
            console, client, "/recipients", name="kim", address="no address", sites="a, b", kind_customer="1"
        ).text
        assert "<details open><summary>Add a recipient" in page
        assert 'value="no address"' in page
        assert 'value="a, b"' in page
        assert "<details><summary>Add a webhook" in page
        page = post(
            console, client, "/webhooks", name="chat", address="ftp://chat", **{"event_ticket.closed": "1"}
        ).text
        assert "<details open><summary>Add a webhook" in page
        assert 'name="event_ticket.closed" value="1" checked' in page


def test_a_webhook_shows_its_secret_once_and_a_dead_letter_is_sent_again(console: Console) -> None:
    with console.logged_in() as client:
        made = post(console, client, "/webhooks", name="chat", address="https://chat.example/hook")
        assert "whsec_" in made.text
        assert "whsec_" not in client.get("/messages").text
        post(console, client, "/webhooks/chat/test")
        parts = console.parts
        channel = FakeChannel([Outcome(Verdict.REFUSED, "<b>no</b>", 400)])
        Courier(parts.store, Channel.WEBHOOK, channel, parts.now, parts.monotonic, parts.new_secret).deliver()
        dead = client.get("/messages", params={"state": "dead"}).text
        assert "Not delivered" in dead
        number = dead.partition('action="/messages/')[2].partition("/")[0]
        shown = client.get(f"/messages/{number}").text
        assert "&lt;b&gt;no&lt;/b&gt;" in shown
        assert "Sent again" in post(console, client, f"/messages/{number}/resend").text
        assert post(console, client, f"/messages/{number}/resend").status_code == 409
        post(console, client, "/webhooks/chat/remove")


@pytest.mark.parametrize(
    ("path", "fields", "words"),
    [
        ("/recipients", {"name": "kim", "address": "nobody"}, "no mail address"),
        ("/recipients", {"name": "kim", "address": "k@e.com"}, "kinds are some of"),
        ("/recipients", {"name": "kim", "address": "k@e.com", "kind_page": "1", "level": "x"}, "a level is"),
        ("/webhooks", {"name": "chat", "address": "http://chat.example/"}, "https"),
        ("/webhooks", {"name": "<b>", "address": "https://chat.example/"}, "small letters"),
        ("/webhooks/nobody/test", {}, "no recipient or webhook"),
    ],
)
def test_what_cannot_be_is_said(console: Console, path: str, fields: dict[str, str], words: str) -> None:
    with console.logged_in() as client:
        answer = post(console, client, path, **fields)
        assert answer.status_code == 409
        assert words in answer.text


@pytest.mark.parametrize("path", ["/messages/x", "/messages/999999", "/messages/99999999999999999999"])
def test_there_is_no_such_message(console: Console, path: str) -> None:
    with console.logged_in() as client:
        assert client.get(path).status_code == 404
        assert post(console, client, "/webhooks/chat/explode").status_code == 404
