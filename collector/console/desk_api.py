"""Windows, silences, held faults and problems in the JSON API, and what joins or parts tickets.

`GET|POST /v1/windows`, `DELETE /v1/windows/{id}`, the same for silences; `GET /v1/held`,
`POST /v1/held/{fingerprint}/promote`, `GET /v1/ledger`; `GET /v1/problems`, `GET /v1/problems/{id}`,
`POST /v1/problems/{id}/confirm|close|resolve`; `POST /v1/tickets/{number}/merge|unmerge|split`.
Bodies are parsed as strictly as those of tickets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from msgspec import Meta, Struct
from starlette.responses import JSONResponse, Response

from collector.auth.model import Visitor
from collector.errors import TicketRefused
from collector.fleet.persons import person_at
from collector.parts import Parts
from collector.store.database import Connection
from collector.tickets import joining
from collector.tickets.bodies import BadRequest, parse_body
from collector.tickets.desk.person import Person
from collector.tickets.holds import repository as holds
from collector.tickets.holds import service
from collector.tickets.holds.model import NewSilence, NewWindow
from collector.tickets.holds.view import (
    held_view,
    ledger_view,
    problem_view,
    silence_view,
    whole_problem_view,
    window_view,
)
from collector.tickets.problems import repository as problems
from collector.tickets.problems import service as problem_service

ID_MAX = 2**31
TEXT = 2_000
Time = Annotated[datetime, Meta(tz=True)]
Word = Annotated[str, Meta(max_length=TEXT)]


class WindowAsked(Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}):
    """A window as the API takes it."""

    site: Word
    since: Time
    until: Time
    owner: Word
    approved_by: Word
    reason: Word = ""


class SilenceAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """A silence as the API takes it."""

    until: Time
    reason: Word
    site: Word = ""
    module: Word = ""
    code: Word = ""
    ticket: Word = ""


class Confirmation(Struct, frozen=True, forbid_unknown_fields=True):
    """What makes a problem a known error."""

    fixed_in: Word = ""
    workaround: Word = ""
    patch: Word = ""


class Closing(Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is done with."""

    note: Word


class Batch(Struct, frozen=True, forbid_unknown_fields=True):
    """The tickets that a person confirmed."""

    tickets: Annotated[list[Annotated[str, Meta(max_length=16)]], Meta(max_length=500)]
    note: Word


class Merger(Struct, frozen=True, forbid_unknown_fields=True):
    """The ticket that goes on."""

    into: Annotated[str, Meta(max_length=16)]


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """`{}`, or no body."""


Answer = Callable[[], Any]


def desk_api(router: APIRouter, parts: Parts) -> None:
    """The routes; the gate has checked the token and read the body."""
    _agreed(router, parts, _windows())
    _agreed(router, parts, _silences(parts))
    _held(router, parts)
    _problems(router, parts)
    _joining(router, parts)


@dataclass(frozen=True)
class _Agreed:
    """What a person adds, lists and takes back: windows and silences."""

    name: str  # in the path and in the list's answer
    asked: type[Struct]
    made: Callable[..., Any]  # of what was asked
    index: Callable[[Connection], Sequence[Any]]
    find: Callable[[Connection, int], Any]
    view: Callable[[Any], dict[str, Any]]
    add: Callable[[Person, Any], int]
    remove: Callable[[Person, int], None]


def _agreed(router: APIRouter, parts: Parts, kind: _Agreed) -> None:
    @router.get(f"/v1/{kind.name}")
    def index() -> Response:
        with parts.store.reading() as connection:
            return JSONResponse({kind.name: [kind.view(each) for each in kind.index(connection)]})

    @router.post(f"/v1/{kind.name}")
    def add(request: Request) -> Response:
        def act() -> Any:
            asked = parse_body(request.state.body, kind.asked)
            values = {name: getattr(asked, name) for name in asked.__struct_fields__}
            number = kind.add(_person(parts, request), kind.made(**values))
            with parts.store.reading() as connection:
                found = kind.find(connection, number)
            return None if found is None else kind.view(found)

        return _answer(act, 201)

    @router.delete(f"/v1/{kind.name}/{{number}}")
    def remove(request: Request, number: int) -> Response:
        return _answer(lambda: kind.remove(_person(parts, request), _id(number)), 204)


def _windows() -> _Agreed:
    return _Agreed(
        "windows", WindowAsked, NewWindow, holds.windows, holds.find_window, window_view,
        service.add_window, service.remove_window,
    )  # fmt: skip


def _silences(parts: Parts) -> _Agreed:
    def index(connection: Connection) -> Sequence[Any]:
        return holds.silences(connection, ending_after=parts.now())

    return _Agreed(
        "silences", SilenceAsked, NewSilence, index, holds.find_silence, silence_view,
        service.add_silence, service.remove_silence,
    )  # fmt: skip


def _held(router: APIRouter, parts: Parts) -> None:
    @router.get("/v1/held")
    def index() -> Response:
        with parts.store.reading() as connection:
            found, count = holds.held(connection), holds.held_count(connection)
        return JSONResponse({"count": count, "held": [held_view(each) for each in found]})

    @router.post("/v1/held/{key}/promote")
    def promote(request: Request, key: str) -> Response:
        def act() -> Any:
            parse_body(request.state.body or b"{}", Nothing)
            return {"number": service.promote(_person(parts, request), key)}

        return _answer(act)

    @router.get("/v1/ledger")
    def ledger() -> Response:
        with parts.store.reading() as connection:
            return JSONResponse({"ledger": [ledger_view(line) for line in holds.ledger(connection)]})


def _problems(router: APIRouter, parts: Parts) -> None:
    @router.get("/v1/problems")
    def index() -> Response:
        with parts.store.reading() as connection:
            return JSONResponse({"problems": [problem_view(each) for each in problems.problems(connection)]})

    @router.get("/v1/problems/{number}")
    def show(number: int) -> Response:
        return _answer(lambda: _whole(parts, _id(number)))

    _problem_acts(router, parts)


def _problem_acts(router: APIRouter, parts: Parts) -> None:
    @router.post("/v1/problems/{number}/confirm")
    def confirm(request: Request, number: int) -> Response:
        def act() -> Any:
            asked = parse_body(request.state.body, Confirmation)
            words = {"fixed_in": asked.fixed_in, "workaround": asked.workaround, "patch": asked.patch}
            problem_service.confirm(_person(parts, request), _id(number), **words)
            return _whole(parts, number)

        return _answer(act)

    @router.post("/v1/problems/{number}/close")
    def close(request: Request, number: int) -> Response:
        def act() -> Any:
            note = parse_body(request.state.body, Closing).note
            problem_service.close(_person(parts, request), _id(number), note=note)
            return _whole(parts, number)

        return _answer(act)

    @router.post("/v1/problems/{number}/resolve")
    def resolve(request: Request, number: int) -> Response:
        def act() -> Any:
            asked = parse_body(request.state.body, Batch)
            person = _person(parts, request)
            done = problem_service.resolve_children(person, _id(number), asked.tickets, note=asked.note)
            return {"resolved": done, **_whole(parts, number)}

        return _answer(act)


def _whole(parts: Parts, number: int) -> dict[str, Any]:
    record = problem_service.read_problem(parts.store, number)
    with parts.store.reading() as connection:
        children, log = problems.children_of_problem(connection, number), problems.log_of(connection, number)
    return whole_problem_view(record, children, log)


def _joining(router: APIRouter, parts: Parts) -> None:
    @router.post("/v1/tickets/{number}/merge")
    def merge(request: Request, number: str) -> Response:
        def act() -> Any:
            into = parse_body(request.state.body, Merger).into
            joining.merge(_person(parts, request), number, into)
            return {"number": number, "into": into}

        return _answer(act)

    @router.post("/v1/tickets/{number}/unmerge")
    def unmerge(request: Request, number: str) -> Response:
        return _answer(lambda: joining.unmerge(_person(parts, request), number), 204)

    @router.post("/v1/tickets/{number}/split")
    def split(request: Request, number: str) -> Response:
        return _answer(lambda: {"tickets": joining.split(_person(parts, request), number)})


def _person(parts: Parts, request: Request) -> Person:
    visitor: Visitor = request.state.visitor
    return person_at(parts, visitor.user.name, parts.now())


def _id(number: int) -> int:
    if not 0 < number < ID_MAX:
        raise BadRequest(404, "there is no such number")
    return number


def _answer(act: Answer, status: int = 200) -> Response:
    try:
        said = act()
    except BadRequest as bad:
        return JSONResponse({"error": str(bad)}, bad.status)
    except TicketRefused as refused:
        return JSONResponse({"error": str(refused.why)}, 409)
    return Response(status_code=204) if said is None else JSONResponse(said, status)
