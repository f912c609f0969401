"""The tickets' JSON API on the console's listener, for programs with an API token.

`GET /v1/tickets`, `GET /v1/tickets/{number}`, and `POST /v1/tickets/{number}/ACT` with an act of the table `ACTS`.
Bodies are parsed here and strictly: duplicate keys, NaN, unknown fields and wrong types are refused
with a sentence that says which; no input gives an answer of 500 or above.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from msgspec import Meta, Struct
from starlette.responses import JSONResponse, Response

from collector.auth.model import Visitor
from collector.errors import TicketRefused
from collector.parts import Parts
from collector.sla.plan import Metric
from collector.tickets import service
from collector.tickets.bodies import BadRequest, Nothing, parse_body
from collector.tickets.search import repository as rows
from collector.tickets.search.model import LIMIT, LIMIT_MAX, TicketFilter
from collector.tickets.state import TicketStatus
from collector.tickets.view import list_view, whole_ticket_view
from collector.tickets.waiting import Waiting, excuse, pause, resume

CURSOR_MAX = 2**53
TEXT_CHARS = 10_000

Text = Annotated[str, Meta(min_length=1, max_length=TEXT_CHARS)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]


class Assignment(Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes it."""

    assignee: Name


class Comment(Struct, frozen=True, forbid_unknown_fields=True):
    """A remark."""

    text: Text


class Note(Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is not solved."""

    note: Text


class Resolution(Struct, frozen=True, forbid_unknown_fields=True):
    """How it was solved, and which version cures it for good."""

    note: Text
    fixed_in: Annotated[str, Meta(max_length=128)] | None = None


class Judgement(Struct, frozen=True, forbid_unknown_fields=True):
    """How bad a person thinks it is, and why."""

    level: Annotated[int, Meta(ge=1, le=4)]
    note: Text


class Pause(Struct, frozen=True, forbid_unknown_fields=True):
    """Why it waits for the customer. `message` goes to them; `until` (ISO 8601 with offset) is when it goes on."""

    reason: Name
    message: Text
    until: Annotated[datetime, Meta(tz=True)] | None = None
    approved_by: Annotated[str, Meta(max_length=64)] = ""


class Excuse(Struct, frozen=True, forbid_unknown_fields=True):
    """Which breach is counted apart, and why."""

    metric: Metric
    reason: Text
    cycle: Annotated[int, Meta(ge=1, le=10_000)] = 1


Act = Callable[[Parts, str, str, bytes], None]


def _acknowledge(parts: Parts, number: str, actor: str, body: bytes) -> None:
    parse_body(body or b"{}", Nothing)
    service.acknowledge(parts.store, number, actor=actor, now=parts.now())


def _assign(parts: Parts, number: str, actor: str, body: bytes) -> None:
    asked = parse_body(body, Assignment)
    service.assign(parts.store, number, actor=actor, assignee=asked.assignee, now=parts.now())


def _comment(parts: Parts, number: str, actor: str, body: bytes) -> None:
    asked = parse_body(body, Comment)
    service.comment(parts.store, number, actor=actor, text=asked.text, now=parts.now())


def _resolve(parts: Parts, number: str, actor: str, body: bytes) -> None:
    asked = parse_body(body, Resolution)
    service.resolve(parts.store, number, actor=actor, note=asked.note, now=parts.now(), fixed_in=asked.fixed_in)


def _reopen(parts: Parts, number: str, actor: str, body: bytes) -> None:
    asked = parse_body(body, Note)
    service.reopen(parts.store, number, actor=actor, note=asked.note, now=parts.now())


def _level(parts: Parts, number: str, actor: str, body: bytes) -> None:
    asked = parse_body(body, Judgement)
    service.set_level(parts.store, number, asked.level, actor=actor, note=asked.note, now=parts.now())


def _pause(parts: Parts, number: str, actor: str, body: bytes) -> None:
    asked = parse_body(body, Pause)
    wanted = Waiting(asked.reason, asked.message, asked.until, asked.approved_by)
    pause(parts.store, number, wanted, actor=actor, now=parts.now())


def _resume(parts: Parts, number: str, actor: str, body: bytes) -> None:
    parse_body(body or b"{}", Nothing)
    resume(parts.store, number, actor=actor, now=parts.now())


def _excuse(parts: Parts, number: str, actor: str, body: bytes) -> None:
    asked = parse_body(body, Excuse)
    excuse(parts.store, number, asked.metric, asked.cycle, actor=actor, reason=asked.reason, now=parts.now())


# The whole table of acts; another word is not found.
ACTS: Mapping[str, Act] = {
    "acknowledge": _acknowledge,
    "assign": _assign,
    "comment": _comment,
    "resolve": _resolve,
    "reopen": _reopen,
    "level": _level,
    "pause": _pause,
    "resume": _resume,
    "excuse": _excuse,
}


def ticket_api(router: APIRouter, parts: Parts) -> None:
    """The routes; the gate has checked the token and read the body."""

    @router.get("/v1/tickets")
    def index(request: Request) -> Response:
        return _list(parts, request.query_params.multi_items())

    @router.get("/v1/tickets/{number}")
    def show(number: str) -> Response:
        return _whole(parts, number)

    @router.post("/v1/tickets/{number}/{act}")
    def act(request: Request, number: str, act: str) -> Response:
        visitor: Visitor = request.state.visitor
        return _act(parts, number, act, visitor.user.name, request.state.body)


def _list(parts: Parts, pairs: list[tuple[str, str]]) -> Response:
    try:
        wanted = parse_filter(pairs)
    except BadRequest as bad:
        return _error(bad.status, str(bad))
    with parts.store.reading() as connection:
        return JSONResponse(list_view(rows.list_tickets(connection, wanted)))


def _act(parts: Parts, number: str, act: str, actor: str, body: bytes) -> Response:
    with parts.store.reading() as connection:
        is_known = act in ACTS and rows.find_ticket(connection, number) is not None
    if not is_known:
        return _error(404, "there is no such ticket or act")
    try:
        ACTS[act](parts, number, actor, body)
    except BadRequest as bad:
        return _error(bad.status, str(bad))
    except TicketRefused as refused:
        return _error(409, str(refused.why))
    return _whole(parts, number)


def parse_filter(pairs: list[tuple[str, str]]) -> TicketFilter:
    """The query string as a filter; `BadRequest` 422 names the parameter that is wrong.

    >>> parse_filter([("level", "1"), ("open", "true")])
    TicketFilter(site=None, status=None, level=1, code=None, module=None, assignee=None, open_only=True, kind=None, \
since=None, before=None, limit=100)
    """
    given = dict(pairs)
    if len(given) != len(pairs):
        raise BadRequest(422, "a parameter stands twice")
    unknown = given.keys() - {*_TEXTS, "level", "status", "open", "since", "limit"}
    if unknown:
        raise BadRequest(422, f"there is no parameter {min(unknown)!r}")
    return TicketFilter(
        **{name: given.get(name) for name in _TEXTS},
        status=_one_of(given, "status", [status.value for status in TicketStatus]),
        level=_number(given, "level", 1, 4),
        open_only=_one_of(given, "open", ["true", "false"]) == "true",
        since=_number(given, "since", 0, CURSOR_MAX),
        limit=_number(given, "limit", 1, LIMIT_MAX) or LIMIT,
    )


_TEXTS = ("site", "code", "module", "assignee", "before")


def _one_of(given: Mapping[str, str], name: str, allowed: list[str]) -> str | None:
    value = given.get(name)
    if value is not None and value not in allowed:
        raise BadRequest(422, f"{name} is one of {', '.join(allowed)}")
    return value


def _number(given: Mapping[str, str], name: str, lowest: int, highest: int) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 16 and lowest <= int(value) <= highest):  # noqa: PLR2004
        raise BadRequest(422, f"{name} is a whole number from {lowest} to {highest}")
    return int(value)


def _whole(parts: Parts, number: str) -> Response:
    with parts.store.reading() as connection:
        ticket = rows.find_ticket(connection, number)
        if ticket is None:
            return _error(404, "there is no such ticket")
        timeline = rows.timeline_of(connection, ticket.id)
        events = rows.events_of(connection, ticket.id)
    return JSONResponse(whole_ticket_view(ticket, timeline, events))


def _error(status: int, words: str) -> Response:
    return JSONResponse({"error": words}, status)
