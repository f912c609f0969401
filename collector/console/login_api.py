"""Log-in for command lines: a token for name and password, who am I, and the token's end.

`POST /v1/login`, `GET /v1/me`, `POST /v1/logout`. Refused and slowed down exactly as the page's log-in.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from msgspec import Meta, Struct
from starlette.responses import JSONResponse, Response

from collector.auth import service
from collector.auth.errors import LoginRefused, LoginThrottled
from collector.auth.model import Visitor
from collector.console.pages.login import address_of
from collector.parts import Parts
from collector.tickets.bodies import BadRequest, parse_body
from collector.tickets.view import instant


class LogIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Name and password as typed."""

    name: Annotated[str, Meta(max_length=200)]
    password: Annotated[str, Meta(max_length=4_000)]


def login_api(router: APIRouter, parts: Parts) -> None:
    """The routes."""

    @router.post("/v1/login")
    def log_in(request: Request) -> Response:
        try:
            return _log_in(parts, request, parse_body(request.state.body, LogIn))
        except BadRequest as bad:
            return JSONResponse({"error": str(bad)}, bad.status)
        except LoginRefused:
            return JSONResponse({"error": "name and password do not open anything"}, 401)
        except LoginThrottled as throttled:
            words = f"too many failures: wait {throttled.wait_s} s"
            return JSONResponse({"error": words}, 429, {"retry-after": str(throttled.wait_s)})

    @router.get("/v1/me")
    def me(request: Request) -> Response:
        visitor: Visitor = request.state.visitor
        return JSONResponse({"name": visitor.user.name, "expires_at": instant(visitor.until)})

    @router.post("/v1/logout")
    def log_out(request: Request) -> Response:
        service.end_token(parts.store, request.state.visitor)
        return JSONResponse({})


def _log_in(parts: Parts, request: Request, asked: LogIn) -> Response:
    now = parts.now()
    user, token = service.log_in_desk(
        parts.store,
        asked.name,
        asked.password,
        address=address_of(request),
        new_secret=parts.new_secret,
        now=now,
    )
    return JSONResponse({"name": user.name, "token": token, "expires_at": instant(now + service.DESK_TOKEN)})
