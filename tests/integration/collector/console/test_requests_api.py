"""Log-in for command lines, offered actions, documents, requests; and who may use them."""

from __future__ import annotations

from typing import Any, Protocol

import httpx
import pytest

from collector.auth.policy import FREE_NAME
from collector.parts import Parts
from tests.fakes.seeded_console import PASSWORD, Seeds
from wire.documents.envelope import add_signature, encode_envelope
from wire.documents.model import ActionRequest, write_document
from wire.keys import generate_key


class Console(Protocol):
    parts: Parts
    seeds: Seeds

    def stranger(self) -> httpx.Client: ...
    def robot(self) -> httpx.Client: ...
    def logged_in(self, name: str = "jh") -> httpx.Client: ...
    def csrf(self, client: httpx.Client) -> str: ...


def a_document(console: Console, host: str, **change: Any) -> bytes:
    now = console.parts.now()
    values: dict[str, Any] = {
        "id": "e" * 32, "site": "daejeon", "hosts": [host], "made_at": now, "not_before": now,
        "not_after": now.replace(year=now.year + 1), "product": "his", "action": "a", "actions_digest": "0" * 64,
        "reason": "r",
    }  # fmt: skip
    return encode_envelope(add_signature(write_document(ActionRequest(**values | change)), generate_key()))


def test_name_and_password_give_a_token_that_ends(console: Console) -> None:
    with console.stranger() as client:
        answer = client.post("/v1/login", json={"name": "sy", "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        headers = {"authorization": f"Bearer {answer.json()['token']}"}
        assert client.get("/v1/me", headers=headers).json()["name"] == "sy"
        assert client.get("/", headers=headers).status_code == 303, "no page takes a token"
        assert client.post("/v1/logout", headers=headers).status_code == 200
        assert client.get("/v1/me", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 400), (b"[]", 422), (b'{"name":"jh"}', 422), (b'{"name":1,"password":"x"}', 422)]
)
def test_what_is_no_log_in(console: Console, body: bytes, status: int) -> None:
    with console.stranger() as client:
        assert client.post("/v1/login", content=body).status_code == status


def test_guessing_is_slowed_down_as_on_the_page(console: Console) -> None:
    with console.stranger() as client:
        wrong = {"name": "nobody", "password": "wrong wrong"}
        codes = [client.post("/v1/login", json=wrong).status_code for _ in range(FREE_NAME + 1)]
        assert codes == [401] * FREE_NAME + [429]
        assert client.post("/login", data=wrong).status_code == 429


def test_a_document_becomes_a_request_of_its_ticket_s_site_alone(console: Console) -> None:
    host = console.seeds.host("daejeon", "his-req-01")
    foreign = console.seeds.ticket("chengchuan")
    with console.robot() as robot:
        sent = robot.post("/v1/documents", content=a_document(console, host, ticket=foreign))
        assert sent.json()["hosts"] == [host]
        found = robot.get("/v1/requests/" + "e" * 32).json()
        assert (found["ticket"], found["made_by"], found["hosts"][0]["state"]) == ("", "jh", "sent")
        taken = robot.post("/v1/documents", content=a_document(console, host, reason="another"))
        assert (taken.status_code, "another request" in taken.json()["error"]) == (409, True)
        assert robot.get("/v1/requests/nothing").status_code == 404


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b"[" * 10_000])
def test_what_is_no_document_is_refused(console: Console, body: bytes) -> None:
    with console.robot() as robot:
        assert robot.post("/v1/documents", content=body).status_code == 409


def test_there_are_no_files_beside_the_published_ones(console: Console) -> None:
    with console.robot() as robot:
        for path in ("metadata/timestamp.json", "metadata/c.db", "targets/x", "state/c.db"):
            assert robot.get(f"/v1/published/{path}").status_code == 404
        assert robot.get("/v1/tickets/2020-1/actions").status_code == 404


def test_a_browser_session_cannot_be_spent_on_the_interface_nor_a_draft_without_its_form(console: Console) -> None:
    number = console.seeds.ticket("daejeon")
    with console.logged_in() as client:
        assert client.get("/v1/me").status_code == 401
        assert client.post(f"/tickets/{number}/drafts", data={"action": "a"}).status_code == 403
        csrf = console.csrf(client)
        refused = client.post(f"/tickets/{number}/drafts", data={"action": "a", "reason": "r", "csrf": csrf})
        assert refused.status_code == 409
        gone = client.post(f"/tickets/{number}/drafts/{'f' * 32}/discard", data={"csrf": csrf})
        assert gone.status_code == 409
        assert client.post("/tickets/2020-1/drafts", data={"csrf": csrf}).status_code == 404


def test_tokens_are_revoked_on_the_own_page(console: Console) -> None:
    from collector.auth import service

    parts = console.parts
    token = service.make_api_token(parts.store, "sy", new_secret=parts.new_secret, now=parts.now(), label="laptop")
    (listed,) = service.list_tokens(parts.store, "sy", now=parts.now())
    with console.logged_in("jh") as other:
        answer = other.post(f"/me/tokens/{listed.id}/revoke", data={"csrf": console.csrf(other)})
        assert answer.status_code == 404
    with console.logged_in("sy") as client:
        assert "laptop" in client.get("/me").text
        assert client.post(f"/me/tokens/{listed.id}/revoke", data={"csrf": console.csrf(client)}).status_code == 303
    assert service.by_token(parts.store, token, now=parts.now()) is None
