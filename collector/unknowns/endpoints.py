"""The JSON API of unknown errors, for programs with an API token.

`GET /v1/unknowns?product=&state=&days=&limit=`, `POST /v1/unknowns/{id}/ignore|code|reopen`.
`sitewarden catalogue suggest` reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request
from msgspec import Meta, Struct
from starlette.responses import JSONResponse, Response

from collector.auth.model import Visitor
from collector.errors import UnknownRefused
from collector.parts import Parts
from collector.tickets.bodies import BadRequest, Nothing, parse_body
from collector.unknowns import repository, service
from collector.unknowns.model import DAYS, DAYS_MAX, LIMIT, LIMIT_MAX, UnknownFilter, UnknownRecord
from collector.unknowns.state import UnknownState

ID_MAX = 2**53 - 1  # what every JSON reader keeps exactly


class Reason(Struct, frozen=True, forbid_unknown_fields=True):
    """Why it can be ignored."""

    reason: Annotated[str, Meta(min_length=1, max_length=service.REASON_CHARS)]


class Coded(Struct, frozen=True, forbid_unknown_fields=True):
    """Which code it has become."""

    code: Annotated[str, Meta(min_length=1, max_length=64)]


Act = Callable[[Parts, int, str, bytes], None]


def _ignore(parts: Parts, unknown_id: int, actor: str, body: bytes) -> None:
    asked = parse_body(body, Reason)
    service.ignore(parts.store, unknown_id, actor=actor, reason=asked.reason, now=parts.now())


def _code(parts: Parts, unknown_id: int, actor: str, body: bytes) -> None:
    asked = parse_body(body, Coded)
    service.mark_coded(parts.store, unknown_id, actor=actor, code=asked.code, now=parts.now())


def _reopen(parts: Parts, unknown_id: int, actor: str, body: bytes) -> None:
    parse_body(body or b"{}", Nothing)
    service.reopen(parts.store, unknown_id, actor=actor, now=parts.now())


ACTS: Mapping[str, Act] = {"ignore": _ignore, "code": _code, "reopen": _reopen}


def unknown_api(router: APIRouter, parts: Parts) -> None:
    """The routes; the gate has checked the token and read the body."""

    @router.get("/v1/unknowns")
    def index(request: Request) -> Response:
        try:
            wanted = parse_filter(request.query_params.multi_items())
        except BadRequest as bad:
            return JSONResponse({"error": str(bad)}, bad.status)
        with parts.store.reading() as connection:
            records = repository.list_unknowns(connection, wanted, parts.now())
        return JSONResponse({"days": wanted.days, "unknowns": [view(record) for record in records]})

    @router.post("/v1/unknowns/{number}/{act}")
    def act(request: Request, number: str, act: str) -> Response:
        visitor: Visitor = request.state.visitor
        unknown_id = id_of(number)
        if act not in ACTS or unknown_id is None or not exists(parts, unknown_id):
            return JSONResponse({"error": "there is no such unknown error or act"}, 404)
        try:
            ACTS[act](parts, unknown_id, visitor.user.name, request.state.body)
        except BadRequest as bad:
            return JSONResponse({"error": str(bad)}, bad.status)
        except UnknownRefused as refused:
            return JSONResponse({"error": str(refused.why)}, 409)
        with parts.store.reading() as connection:
            record = repository.find_unknown(connection, unknown_id)
        return JSONResponse({} if record is None else view(record))


def id_of(number: str) -> int | None:
    """The id that stands in an address, or None."""
    is_number = number.isascii() and number.isdigit() and len(number) <= len(str(ID_MAX))
    return int(number) if is_number else None


def exists(parts: Parts, unknown_id: int) -> bool:
    """Whether there is such an unknown error."""
    with parts.store.reading() as connection:
        return repository.find_unknown(connection, unknown_id) is not None


def parse_filter(pairs: list[tuple[str, str]]) -> UnknownFilter:
    """The query string as a filter; `BadRequest` 422 names the parameter that is wrong.

    >>> parse_filter([("state", "new"), ("days", "7")])
    UnknownFilter(product=None, state='new', days=7, limit=100)
    """
    given = dict(pairs)
    if len(given) != len(pairs):
        raise BadRequest(422, "a parameter stands twice")
    if unknown := given.keys() - {"product", "state", "days", "limit"}:
        raise BadRequest(422, f"there is no parameter {min(unknown)!r}")
    states = [state.value for state in UnknownState]
    if given.get("state", states[0]) not in states:
        raise BadRequest(422, f"state is one of {', '.join(states)}")
    return UnknownFilter(
        product=given.get("product"),
        state=given.get("state"),
        days=_number(given.get("days"), "days", DAYS_MAX) or DAYS,
        limit=_number(given.get("limit"), "limit", LIMIT_MAX) or LIMIT,
    )


def _number(value: str | None, name: str, highest: int) -> int | None:
    if value is None:
        return None
    if (number := id_of(value)) is None or not 1 <= number <= highest:
        raise BadRequest(422, f"{name} is a whole number from 1 to {highest}")
    return number


def view(record: UnknownRecord) -> dict[str, Any]:
    """One record as JSON."""
    return {
        **{name: value for name, value in vars(record).items() if name not in {"top_sites", "per_day", "is_overflow"}},
        "first_at": record.first_at.isoformat(),
        "last_at": record.last_at.isoformat(),
        "decided_at": record.decided_at.isoformat() if record.decided_at else None,
        "per_day": list(record.per_day),
        "top_sites": [vars(place) for place in record.top_sites],
        "overflow": record.is_overflow,
    }
