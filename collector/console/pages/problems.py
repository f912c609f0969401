"""Problems: one cause behind many tickets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from collector.console import repository as console_rows
from collector.console.page import form_of, reader_of, render, user_of
from collector.errors import TicketRefused
from collector.fleet.persons import person_at
from collector.parts import Parts
from collector.tickets.desk.model import ProblemState
from collector.tickets.desk.person import Person
from collector.tickets.problems import repository as rows
from collector.tickets.problems import service
from wire.sentence import Sentence, sentence

ID_DIGITS: Final = 9
STATES: Final = {
    ProblemState.SUSPECTED.value: sentence("Suspected"),
    ProblemState.KNOWN_ERROR.value: sentence("Known error"),
    ProblemState.CLOSED.value: sentence("Closed"),
}
EVENTS: Final = {
    "confirmed": sentence("made it a known error"),
    "closed": sentence("closed it"),
    "resolved_children": sentence("resolved its tickets"),
}


def problem_routes(router: APIRouter, parts: Parts) -> None:
    """`/problems`, `/problems/{number}` and `/problems/{number}/{act}`."""

    @router.get("/problems")
    def index(request: Request) -> Response:
        with parts.store.reading() as connection:
            found = rows.problems(connection)
        return render(reader_of(request, parts.now()), "problems.html", problems=found, states=STATES)

    @router.get("/problems/{number}")
    def show(request: Request, number: str) -> Response:
        return _page(parts, request, _id(number))

    @router.post("/problems/{number}/{act}")
    def act(request: Request, number: str, act: str) -> Response:
        problem_id = _id(number)
        try:
            _act(person_at(parts, user_of(request).name, parts.now()), problem_id, act, form_of(request))
        except TicketRefused as refused:
            return _page(parts, request, problem_id, status=409, refused=refused.why)
        return RedirectResponse(f"/problems/{problem_id}", 303)


def _act(person: Person, problem_id: int, act: str, form: Mapping[str, str]) -> None:
    match act:
        case "confirm":
            words = {name: form.get(name, "") for name in ("fixed_in", "workaround", "patch")}
            service.confirm(person, problem_id, **words)
        case "close":
            service.close(person, problem_id, note=form.get("note", ""))
        case "resolve":
            numbers = form.get("all", "").split()  # those that were shown: what opened since is not meant
            service.resolve_children(person, problem_id, numbers, note=form.get("note", ""))
        case _:
            raise HTTPException(404)


def _page(
    parts: Parts, request: Request, problem_id: int, *, status: int = 200, refused: Sentence | None = None
) -> Response:
    with parts.store.reading() as connection:
        record = rows.find_problem(connection, problem_id)
        if record is None:
            raise HTTPException(404)
        children = rows.children_of_problem(connection, problem_id)
        log = rows.log_of(connection, problem_id)
        names = dict(console_rows.site_names(connection))
    return render(
        reader_of(request, parts.now()), "problem.html", status=status, record=record, problem=record.problem,
        children=children, live=[child for child in children if child.is_open], log=log, names=names, states=STATES,
        events=EVENTS, refused=refused,
    )  # fmt: skip


def _id(number: str) -> int:
    if not (number.isascii() and number.isdigit() and len(number) <= ID_DIGITS):
        raise HTTPException(404)
    return int(number)
