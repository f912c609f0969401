"""Who may reach what: every route, every way in."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from typing import Protocol

import httpx
import pytest
from starlette.routing import BaseRoute

from collector.auth import service
from collector.console.app import console_app
from collector.console.gate import API, BODY_BYTES, OPEN
from collector.parts import Parts
from tests.fakes.seeded_console import PASSWORD, Seeds, add_people, open_store, parts_of, serving


class Console(Protocol):
    url: str
    parts: Parts
    seeds: Seeds
    token: str

    def stranger(self) -> httpx.Client: ...
    def logged_in(self, name: str = "jh") -> httpx.Client: ...
    def robot(self) -> httpx.Client: ...
    def csrf(self, client: httpx.Client) -> str: ...


def routes_of(parts: Parts) -> Iterator[tuple[str, str]]:
    """(method, path template) of everything that the application routes."""
    route: BaseRoute
    for route in console_app(parts).router.routes:
        path = str(getattr(route, "path", ""))
        assert path, f"{route!r} hides its path from the gate"
        for method in getattr(route, "methods", None) or {"GET"}:
            yield method, path


def test_every_route_is_closed_to_strangers_but_the_named_ones(console: Console) -> None:
    seen = set()
    with console.stranger() as client:
        for method, template in routes_of(console.parts):
            path = template.replace("{", "").replace("}", "")
            answer = client.request(method, path)
            if template in OPEN:
                seen.add(template)
                assert "log in first" not in answer.text, (method, template)
            elif method == "GET" and not path.startswith(API):
                assert answer.status_code == 303, (method, template)
                assert answer.headers["location"].startswith("/login")
            else:
                assert answer.status_code == 401, (method, template)
    assert seen == OPEN, "an open route that does not exist"


def test_strangers_cannot_tell_what_exists(console: Console) -> None:
    with console.stranger() as client:
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            known, unknown = client.request(method, "/sites/daejeon"), client.request(method, "/sites/nowhere/x")
            assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
        assert client.get("/v1/tickets").text == client.get("/v1/nothing").text


def test_nothing_documents_itself(console: Console) -> None:
    with console.logged_in() as client:
        assert {client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")} == {404}


@pytest.mark.parametrize(
    "path",
    [
        "//",
        "/login/../sites",
        "/static/..%2f..%2fpage.py",
        "/%2e%2e/sites",
        "/a%00b",
        "/x\\y",
        "/login//x",
        "/static/%2e%2e/page.py",
    ],
)
def test_a_path_has_one_spelling(console: Console, path: str) -> None:
    with console.logged_in() as client:
        cookie = f"sitewarden={client.cookies['sitewarden']}"
    connection = http.client.HTTPConnection(console.url.removeprefix("http://"))
    connection.request("GET", path, headers={"cookie": cookie})  # http.client sends the path as it is
    assert connection.getresponse().status in {400, 404}
    connection.close()


def test_a_session_opens_pages_and_not_the_api_and_a_token_the_reverse(console: Console) -> None:
    with console.logged_in() as person, console.robot() as robot:
        assert (person.get("/").status_code, person.get("/v1/tickets").status_code) == (200, 401)
        assert (robot.get("/").status_code, robot.get("/v1/tickets").status_code) == (303, 200)


def test_a_form_needs_this_sessions_csrf_token(console: Console) -> None:
    number = console.seeds.ticket()
    with console.logged_in() as mine, console.logged_in("sy") as other:
        path = f"/tickets/{number}/comment"
        for token in ("", "x", console.csrf(other), "\u00e9"):
            assert mine.post(path, data={"text": "no", "csrf": token}).status_code == 403
        assert mine.post(path, data={"text": "yes", "csrf": console.csrf(mine)}).status_code == 303
        assert mine.post(path, data={"text": "yes"}, headers={"x-csrf-token": console.csrf(mine)}).status_code == 303
        assert mine.post("/logout").status_code == 403


def test_no_other_site_can_post_even_a_log_in(console: Console) -> None:
    with console.stranger() as client:
        fields = {"name": "jh", "password": PASSWORD}
        for origin in ("cross-site", "same-site"):
            assert client.post("/login", data=fields, headers={"sec-fetch-site": origin}).status_code == 403
        assert client.post("/login", data=fields, headers={"sec-fetch-site": "same-origin"}).status_code == 303


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (413, b"a=" + b"x" * BODY_BYTES, "application/x-www-form-urlencoded"),
        (415, b"{}", "application/json"),
        (415, b"--x\r\n", "multipart/form-data; boundary=x"),
        (400, b"\xff\xfe=1", "application/x-www-form-urlencoded"),
        (400, b"a=%ff", "application/x-www-form-urlencoded"),
        (400, b"name=a&name=b", "application/x-www-form-urlencoded"),
        (400, b"&".join(b"f%d=1" % at for at in range(200)), "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_that_is_no_small_form_is_refused(console: Console, status: int, content: bytes, kind: str) -> None:
    with console.stranger() as client:
        assert client.post("/login", content=content, headers={"content-type": kind}).status_code == status


def test_a_head_that_is_too_large_is_refused(console: Console) -> None:
    with console.stranger() as client:
        assert client.get("/login", headers=[(f"x-{at}", "v") for at in range(120)]).status_code == 431
        assert client.get("/login", headers={"x": "v" * 40_000}).status_code == 431


def test_the_session_cookie_is_hidden_from_scripts_and_bound_to_tls_where_there_is_tls(
    console: Console, tmp_path: object
) -> None:
    with console.stranger() as client:
        cookie = client.post("/login", data={"name": "jh", "password": PASSWORD}).headers["set-cookie"]
    assert cookie.startswith("sitewarden=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    parts = parts_of(console.parts.store, console_address="https://console.example")
    with serving(parts) as url, httpx.Client(base_url=url) as client:
        answer = client.post("/login", data={"name": "jh", "password": PASSWORD})
        assert answer.headers["set-cookie"].startswith("__Host-sitewarden=")
        assert "Secure" in answer.headers["set-cookie"]
        assert "strict-transport-security" in answer.headers


def test_two_session_cookies_are_none(console: Console) -> None:
    with console.logged_in() as client:
        value = client.cookies["sitewarden"]
    with console.stranger() as client:
        assert client.get("/", headers={"cookie": f"sitewarden={value}"}).status_code == 200
        assert client.get("/", headers={"cookie": f"sitewarden=x; sitewarden={value}"}).status_code == 303


def test_every_answer_carries_the_policy(console: Console) -> None:
    with console.logged_in() as client:
        for path in ("/", "/nothing", "/static/base.css", "/healthz", "/v1/tickets", "//"):
            headers = client.get(path).headers
            assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
            assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


def test_who_is_in_already_may_log_in_again(console: Console) -> None:
    parts = console.parts
    link = service.make_login_link(parts.store, "sy", new_secret=parts.new_secret, now=parts.now())
    with console.logged_in() as client:
        assert client.post(f"/login/{link}").status_code == 303
        assert client.post("/login", data={"name": "jh", "password": PASSWORD}).status_code == 303


def test_a_login_link_survives_being_looked_at_and_works_once(console: Console) -> None:
    secret = service.make_login_link(
        console.parts.store, "jh", new_secret=console.parts.new_secret, now=console.parts.now()
    )
    with console.stranger() as client:
        for _ in range(3):
            assert client.get(f"/login/{secret}").status_code == 200
        assert client.post(f"/login/{secret}").status_code == 303
        assert client.get("/").status_code == 200
    with console.stranger() as client:
        assert client.post(f"/login/{secret}").status_code == 403
        assert client.get("/").status_code == 303


@pytest.mark.parametrize(
    "next_",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/login", "/logout", "javascript:x", "/a\r\nx: y"],
)
def test_a_log_in_goes_on_to_this_console_only(console: Console, next_: str) -> None:
    with console.stranger() as client:
        answer = client.post("/login", data={"name": "jh", "password": PASSWORD, "next": next_})
        assert answer.headers["location"] == "/"


def test_disabling_ends_an_open_page_and_an_open_stream(console: Console) -> None:
    parts = console.parts
    service.add_user(
        parts.store, "leaver", password=PASSWORD, language="", new_secret=parts.new_secret, now=parts.now()
    )
    ended = threading.Event()

    def read_stream(client: httpx.Client, opened: threading.Event) -> None:
        with client.stream("GET", "/board/events") as stream:
            for _ in stream.iter_raw():
                opened.set()
        ended.set()

    with console.logged_in("leaver") as client:
        opened = threading.Event()
        reader = threading.Thread(target=read_stream, args=(client, opened), daemon=True)
        reader.start()
        assert opened.wait(5)
        service.disable_user(parts.store, "leaver", now=parts.now())
        assert ended.wait(5), "the stream outlived its user"
        assert client.get("/").status_code == 303


def test_a_user_has_a_bounded_number_of_streams(console: Console) -> None:
    with console.logged_in("sy") as client:
        streams = [client.stream("GET", "/board/events") for _ in range(13)]
        answers = [stream.__enter__() for stream in streams]
        try:
            assert [answer.status_code for answer in answers] == [200] * 12 + [429]
        finally:
            for stream in streams:
                stream.__exit__(None, None, None)


def test_the_server_ends_with_streams_open(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = open_store(tmp_path_factory.mktemp("ending") / "c.db")
    parts = parts_of(store)
    add_people(parts)
    with httpx.Client() as client:
        with serving(parts) as url:
            client.post(f"{url}/login", data={"name": "jh", "password": PASSWORD})
            stream = client.stream("GET", f"{url}/board/events")
            answer = stream.__enter__()
            next(answer.iter_raw())
            began = time.monotonic()
        assert time.monotonic() - began < 3
        stream.__exit__(None, None, None)
    store.close()
