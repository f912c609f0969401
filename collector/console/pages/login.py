"""Log in by password or by one-time link; log out.

Opening a link shows a button and changes nothing: programs that preview links open them too. The
button's POST uses the link up.
"""

from __future__ import annotations

import ipaddress

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from collector.auth import service
from collector.auth.errors import LoginRefused, LoginThrottled
from collector.auth.model import Visitor
from collector.console.cookies import Cookies
from collector.console.gate import is_normal
from collector.console.page import form_of, reader_of, render, visitor_of
from collector.parts import Parts


def login_routes(router: APIRouter, parts: Parts, cookies: Cookies) -> None:
    """`/login`, `/login/{secret}`, `/logout`."""
    _by_password(router, parts, cookies)
    _by_link(router, parts, cookies)

    @router.post("/logout")
    def log_out(request: Request) -> Response:
        service.log_out(parts.store, visitor_of(request))
        return cookies.closed(RedirectResponse("/login", 303))


def _by_password(router: APIRouter, parts: Parts, cookies: Cookies) -> None:
    @router.get("/login")
    def show(request: Request) -> Response:
        if isinstance(request.state.visitor, Visitor):
            return RedirectResponse("/", 303)
        return render(reader_of(request, parts.now()), "login.html", next=_own(request.query_params.get("next", "")))

    @router.post("/login")
    def log_in(request: Request) -> Response:
        form = form_of(request)
        next_ = _own(form.get("next", ""))
        try:
            secret = service.log_in(
                parts.store,
                form.get("name", ""),
                form.get("password", ""),
                address=address_of(request),
                new_secret=parts.new_secret,
                now=parts.now(),
            )
        except LoginRefused:
            return _again(request, parts, 401, next=next_, problem="refused", wait_s=0)
        except LoginThrottled as throttled:
            again = _again(request, parts, 429, next=next_, problem="throttled", wait_s=throttled.wait_s)
            again.headers["retry-after"] = str(throttled.wait_s)
            return again
        return cookies.opened(RedirectResponse(next_ or "/", 303), secret)


def _by_link(router: APIRouter, parts: Parts, cookies: Cookies) -> None:
    @router.get("/login/{secret}")
    def show_link(request: Request, secret: str) -> Response:
        return render(reader_of(request, parts.now()), "login_link.html", secret=secret, is_over=False)

    @router.post("/login/{secret}")
    def use_link(request: Request, secret: str) -> Response:
        try:
            session = service.log_in_by_link(parts.store, secret, new_secret=parts.new_secret, now=parts.now())
        except LoginRefused:
            reader = reader_of(request, parts.now())
            return render(reader, "login_link.html", status=403, secret=secret, is_over=True)
        return cookies.opened(RedirectResponse("/", 303), session)


def address_of(request: Request) -> str:
    """The caller's address as the throttle counts it: a /64 for IPv6, where one caller has as many as he likes."""
    text = request.client.host if request.client else "unknown"
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text[:64]
    return text if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))  # noqa: PLR2004


def _again(request: Request, parts: Parts, status: int, **context: object) -> Response:
    return render(reader_of(request, parts.now()), "login.html", status=status, **context)


def _own(path: str) -> str:
    """A path of this console to go on to, or nothing: never another site."""
    return path if is_normal(path) and not path.startswith(("//", "/login", "/logout")) else ""
