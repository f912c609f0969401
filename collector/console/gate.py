"""The one door of the console: deny by default, on the normalised route.

1. A request whose head is too big, or whose path has more than one spelling, is refused.
2. The router itself says which route this is; only routes in `OPEN` are for strangers. A path
   without a route counts as closed, so that strangers cannot tell what exists.
3. `/v1/...` takes an API token and nothing else; pages take a browser session and nothing else. So
   no cookie can be spent on the API, and no token leaks into pages.
4. The body of an unsafe request is read here, counted and timed; a page's form must carry the
   session's CSRF token, and no unsafe request may come from another site.

Endpoints find what was proved in `request.state`: `visitor`, `form`, `body`.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.auth.model import Visitor
from collector.console.headers import with_security

OPEN = frozenset({"/healthz", "/login", "/login/{secret}", "/static", "/v1/login"})
API = "/v1/"
SAFE = ("GET", "HEAD", "OPTIONS")

HEAD_BYTES = 32_768
HEAD_LINES = 100
BODY_BYTES = 65_536  # a comment has at most 20,000 characters
BODY_S = 30.0
FORM_FIELDS = 30

Prove = Callable[[str], Visitor | None]


class Refused(Exception):
    """The request ends here with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(str(response.status_code))
        self.response = response


class Gate:
    """ASGI middleware around the console; the docstring of the file is its specification."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        routes: Callable[[], Iterable[BaseRoute]],
        by_session: Prove,
        by_token: Prove,
        cookie: str,
        secure: bool,
    ) -> None:
        self._app = app
        self._routes = routes
        self._by_session = by_session
        self._by_token = by_token
        self._cookie = cookie
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no web sockets here; the server closes what is not accepted

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = with_security(list(message.get("headers", [])), secure=self._secure)
            await send(message)

        try:
            await self._admit(scope, receive)
        except Refused as refused:
            await refused.response(scope, receive, send_secured)
            return
        await self._app(scope, receive if scope["method"] in SAFE else _read_already, send_secured)

    async def _admit(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        _check_head(scope)
        if not is_normal(scope["path"]):
            raise Refused(_problem(scope, 404, "not found"))
        route = route_of(self._routes(), scope)
        state: dict[str, Any] = scope.setdefault("state", {})
        state["visitor"] = visitor = await run_in_threadpool(self._visitor, scope["path"], headers)
        if route not in OPEN and visitor is None:
            raise Refused(_ask_to_log_in(scope, headers))
        if scope["method"] not in SAFE:
            if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
                raise Refused(_problem(scope, 403, "a request from another site"))
            state["body"] = await _body(scope, headers, receive)
            if not scope["path"].startswith(API):
                state["form"] = _form(scope, headers, state["body"])
                _check_csrf(scope, headers, None if route in OPEN else visitor, state["form"])

    def _visitor(self, path: str, headers: Headers) -> Visitor | None:
        if path.startswith(API):
            scheme, _, token = headers.get("authorization", "").partition(" ")
            return self._by_token(token.strip()) if scheme.lower() == "bearer" else None
        secret = cookie_value(headers, self._cookie)
        return self._by_session(secret) if secret else None


def is_normal(path: str) -> bool:
    r"""Whether a path has one spelling only: no empty, `.` or `..` segments, no control characters.

    >>> [is_normal(path) for path in ("/", "/a/b", "/a//b", "/a/../b", "/a\\\\b", "a")]
    [True, True, False, False, False, False]
    """
    if not path.startswith("/") or "\\" in path or any(ord(char) < 0x20 or ord(char) == 0x7F for char in path):  # noqa: PLR2004  # control characters
        return False
    segments = path.split("/")[1:]
    return all(segment not in (".", "..") for segment in segments) and "" not in segments[:-1]


def route_of(routes: Iterable[BaseRoute], scope: Scope) -> str | None:
    """The template of the route that will answer (`/tickets/{number}`), whatever the method; None without one."""
    for route in routes:
        match, _ = route.matches(scope)
        if match is not Match.NONE:
            return str(getattr(route, "path", ""))
    return None


def cookie_value(headers: Headers, name: str) -> str:
    """The value of our cookie; empty when it stands twice, since then one of them is somebody else's."""
    pairs = [part.strip().partition("=") for part in headers.get("cookie", "").split(";")]
    values = [value for key, _, value in pairs if key == name]
    return values[0] if len(values) == 1 else ""


def _check_head(scope: Scope) -> None:
    lines: list[tuple[bytes, bytes]] = scope["headers"]
    size = sum(len(name) + len(value) for name, value in lines) + len(scope.get("query_string", b""))
    if len(lines) > HEAD_LINES or size > HEAD_BYTES:
        raise Refused(PlainTextResponse("the request's head is too large", 431))


async def _body(scope: Scope, headers: Headers, receive: Receive) -> bytes:
    if headers.get("content-encoding", "identity") != "identity":
        raise Refused(_problem(scope, 415, "no content encoding is taken"))
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(PlainTextResponse("", 400))
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > BODY_BYTES:
                    raise Refused(_problem(scope, 413, f"a body has at most {BODY_BYTES} bytes"))
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise Refused(_problem(scope, 408, f"the body took longer than {BODY_S:.0f} s")) from None


def _form(scope: Scope, headers: Headers, body: bytes) -> dict[str, str]:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind != "application/x-www-form-urlencoded":
        raise Refused(_problem(scope, 415, "a form is application/x-www-form-urlencoded"))
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict",
            max_num_fields=FORM_FIELDS,
        )  # fmt: skip
    except ValueError:
        raise Refused(_problem(scope, 400, "not a form")) from None
    if len(dict(pairs)) != len(pairs):
        raise Refused(_problem(scope, 400, "a field stands twice in the form"))
    return dict(pairs)


def _check_csrf(scope: Scope, headers: Headers, visitor: Visitor | None, form: dict[str, str]) -> None:
    if visitor is None:
        return  # logging in: there is no session yet whose power could be borrowed
    given = headers.get("x-csrf-token") or form.get("csrf", "")
    if not hmac.compare_digest(given.encode(), visitor.csrf.encode()):
        raise Refused(_problem(scope, 403, "this form is of another session; load the page again"))


def _ask_to_log_in(scope: Scope, headers: Headers) -> Response:
    if scope["path"].startswith(API):
        return JSONResponse(
            {"error": "an API token is needed: Authorization: Bearer ..."}, 401, {"www-authenticate": "Bearer"}
        )
    address = "/login"
    if scope["method"] == "GET" and scope["path"] != "/":
        address += "?next=" + quote(scope["path"], safe="/")
    if headers.get("hx-request"):
        return PlainTextResponse("", 401, {"hx-redirect": "/login"})
    if scope["method"] != "GET" or headers.get("sec-fetch-mode", "navigate") != "navigate":
        return PlainTextResponse("log in first", 401)
    return RedirectResponse(address, 303)


def _problem(scope: Scope, status: int, words: str) -> Response:
    if scope["path"].startswith(API):
        return JSONResponse({"error": words}, status)
    return PlainTextResponse(words, status)


async def _read_already() -> Message:
    """For an app whose body was read here; only a disconnect could follow."""
    return {"type": "http.request", "body": b"", "more_body": False}
