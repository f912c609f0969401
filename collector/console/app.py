"""The console's ASGI application: pages, the tickets' JSON API, static files, behind one gate."""

from __future__ import annotations

import logging
from collections.abc import Callable

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from collector.auth import service
from collector.auth.model import Visitor
from collector.backups.endpoints import backup_api
from collector.console.cookies import Cookies, is_secure
from collector.console.desk_api import desk_api
from collector.console.feed import Feed, Newest
from collector.console.gate import API, Gate
from collector.console.login_api import login_api
from collector.console.page import STATIC, reader_of, render
from collector.console.pages.backups import backup_routes
from collector.console.pages.board import board_routes
from collector.console.pages.clocks import clock_routes
from collector.console.pages.draft import draft_routes
from collector.console.pages.find import find_routes
from collector.console.pages.health import health_routes
from collector.console.pages.lab import lab_routes
from collector.console.pages.login import login_routes
from collector.console.pages.me import me_routes
from collector.console.pages.messages import message_routes
from collector.console.pages.patches import patch_routes
from collector.console.pages.problems import problem_routes
from collector.console.pages.quiet import quiet_routes
from collector.console.pages.sites import site_routes
from collector.console.pages.ticket import ticket_routes
from collector.console.pages.unknowns import unknown_routes
from collector.notify.endpoints import message_api
from collector.parts import Parts
from collector.patches.board import Board
from collector.patches.endpoints import patch_api
from collector.relay.bundles.endpoints import bundle_api
from collector.relay.requests.endpoints import request_api
from collector.tickets.clocks.endpoints import clock_api
from collector.tickets.endpoints import ticket_api
from collector.tickets.holds.repository import held_count
from collector.tickets.search import repository as ticket_rows
from collector.unknowns.endpoints import unknown_api

log = logging.getLogger(__name__)

# A draft's address would be taken for an act of its ticket: what is longer comes first.
ROUTES: tuple[Callable[[APIRouter, Parts], None], ...] = (
    clock_routes,
    find_routes,
    lab_routes,
    patch_routes,
    problem_routes,
    quiet_routes,
    site_routes,
    health_routes,
    backup_routes,
    draft_routes,
    ticket_routes,
    unknown_routes,
    message_routes,
    desk_api,
    clock_api,
    ticket_api,
    request_api,
    bundle_api,
    login_api,
    unknown_api,
    message_api,
    patch_api,
    backup_api,
)


def console_app(parts: Parts) -> FastAPI:
    """Everything on the console's listener. Set `parts.stopping` at the signal to end: open streams end then."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    cookies = Cookies(is_secure(parts.settings))
    feed = Feed(lambda: run_in_threadpool(_newest, parts), parts.stopping)
    app.state.quiet = lambda: _quiet(parts)
    app.state.patches = Board()
    # Straight on the app's own router: the gate reads its routes, and nested routers hide theirs.
    board_routes(app.router, parts, feed)
    login_routes(app.router, parts, cookies)
    me_routes(app.router, parts, cookies)
    for add_routes in ROUTES:
        add_routes(app.router, parts)
    app.mount("/static", _Static(directory=STATIC))
    _answer_errors(app, parts)

    @app.get("/healthz")
    def healthz() -> PlainTextResponse:
        _newest(parts)
        return PlainTextResponse("ok\n")

    def by_session(secret: str) -> Visitor | None:
        return service.by_session(parts.store, secret, now=parts.now())

    def by_token(token: str) -> Visitor | None:
        return service.by_token(parts.store, token, now=parts.now())

    app.add_middleware(
        Gate,
        routes=lambda: app.router.routes,
        by_session=by_session,
        by_token=by_token,
        cookie=cookies.name,
        secure=cookies.secure,
    )
    return app


def _quiet(parts: Parts) -> int:
    with parts.store.reading() as connection:
        return held_count(connection)


def _newest(parts: Parts) -> Newest:
    with parts.store.reading() as connection:
        return Newest(ticket_rows.newest_change(connection), ticket_rows.newest_event(connection))


def _answer_errors(app: FastAPI, parts: Parts) -> None:
    """Errors in the reader's language, or as JSON on the API; never a trace."""

    def answer(request: Request, status: int, words: str) -> Response:
        if request.url.path.startswith(API):
            return JSONResponse({"error": words}, status)
        if isinstance(getattr(request.state, "visitor", None), Visitor):
            return render(reader_of(request, parts.now()), "error.html", status=status, shown=status)
        return PlainTextResponse(words, status)

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        response = answer(request, error.status_code, str(error.detail))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, _: RequestValidationError) -> Response:
        return answer(request, 422, "the request's parameters are not as expected")

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return PlainTextResponse("something is wrong on our side", 500)  # a page might be what is wrong


class _Static(StaticFiles):
    """Files whose address carries their digest: a browser may keep them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 404."""
        response = await super().get_response(path, scope)
        if response.status_code == 200 and b"v=" in scope.get("query_string", b""):  # noqa: PLR2004
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response
