"""Recipients, webhooks and the log of messages in the JSON API.

`GET|POST /v1/recipients`, `PUT|DELETE /v1/recipients/{name}` (all of it but the name),
`POST /v1/recipients/{name}/test`, the same for webhooks; `GET /v1/messages`, `GET /v1/messages/{id}`,
`POST /v1/messages/{id}/resend`. Bodies and parameters are parsed as strictly as those of tickets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request
from msgspec import Meta, Struct, field
from starlette.responses import JSONResponse, Response

from collector.notify.guard import AddressRefused
from collector.notify.log import repository as rows
from collector.notify.log import service as log
from collector.notify.log.repository import LIMIT, LIMIT_MAX, MessageFilter
from collector.notify.log.service import MessageRefused
from collector.notify.model import Channel
from collector.notify.people import service as people
from collector.notify.people.service import RecipientRefused, WantedRecipient
from collector.notify.state import MessageState
from collector.notify.view import message_view, recipient_view, webhook_view, whole_message_view
from collector.parts import Parts
from collector.tickets.bodies import BadRequest, parse_body

ID_DIGITS = 15
Word = Annotated[str, Meta(max_length=2_000)]
Words = Annotated[list[Annotated[str, Meta(max_length=128)]], Meta(max_length=500)]


class ChangedRecipient(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A recipient as the API takes it, with the name in the path."""

    address: Word
    language: Word = "en"
    kinds: Words = field(default_factory=lambda: ["page", "digest"])
    level: Annotated[int, Meta(ge=1, le=4)] = 4
    sites: Words = []
    zone: Word = "UTC"
    quiet: Word = ""


class NewRecipient(ChangedRecipient, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A recipient as the API takes it."""

    name: Word


class ChangedWebhook(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A webhook as the API takes it, with the name in the path."""

    address: Word
    events: Words = []


class NewWebhook(ChangedWebhook, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A webhook as the API takes it."""

    name: Word


def message_api(router: APIRouter, parts: Parts) -> None:
    """The routes; the gate has checked the token and read the body."""
    _recipients(router, parts)
    _webhooks(router, parts)
    _messages(router, parts)


def _recipients(router: APIRouter, parts: Parts) -> None:
    @router.get("/v1/recipients")
    def index() -> Response:
        return JSONResponse({"recipients": [recipient_view(each) for each in people.list_recipients(parts)]})

    @router.post("/v1/recipients")
    def add(request: Request) -> Response:
        def act() -> Any:
            asked = parse_body(request.state.body, NewRecipient)
            return recipient_view(people.add_recipient(parts, _wanted(asked.name, asked)))

        return _answer(act, 201)

    @router.put("/v1/recipients/{name}")
    def change(request: Request, name: str) -> Response:
        def act() -> Any:
            asked = parse_body(request.state.body, ChangedRecipient)
            return recipient_view(people.change_recipient(parts, _wanted(name, asked)))

        return _answer(act, 200)

    @router.delete("/v1/recipients/{name}")
    def remove(name: str) -> Response:
        return _answer(lambda: people.remove_recipient(parts, name), 200)

    @router.post("/v1/recipients/{name}/test")
    def test(name: str) -> Response:
        return _answer(lambda: {"message": people.send_test_mail(parts, name)}, 202)


def _webhooks(router: APIRouter, parts: Parts) -> None:
    @router.get("/v1/webhooks")
    def index() -> Response:
        return JSONResponse({"webhooks": [webhook_view(each) for each in people.list_webhooks(parts)]})

    @router.post("/v1/webhooks")
    def add(request: Request) -> Response:
        def act() -> Any:
            asked = parse_body(request.state.body, NewWebhook)
            made, secret = people.add_webhook(parts, asked.name, asked.address, asked.events)
            return {**webhook_view(made), "secret": secret}

        return _answer(act, 201)

    @router.put("/v1/webhooks/{name}")
    def change(request: Request, name: str) -> Response:
        def act() -> Any:
            asked = parse_body(request.state.body, ChangedWebhook)
            return webhook_view(people.change_webhook(parts, name, asked.address, asked.events))

        return _answer(act, 200)

    @router.delete("/v1/webhooks/{name}")
    def remove(name: str) -> Response:
        return _answer(lambda: people.remove_webhook(parts, name), 200)

    @router.post("/v1/webhooks/{name}/test")
    def test(name: str) -> Response:
        return _answer(lambda: {"message": people.send_test_call(parts, name)}, 202)


def _messages(router: APIRouter, parts: Parts) -> None:
    @router.get("/v1/messages")
    def index(request: Request) -> Response:
        def act() -> Any:
            wanted = parse_filter(request.query_params.multi_items())
            with parts.store.reading() as connection:
                found = rows.list_messages(connection, wanted)
            return {"messages": [message_view(each) for each in found]}

        return _answer(act, 200)

    @router.get("/v1/messages/{message_id}")
    def show(message_id: str) -> Response:
        number = number_of(message_id)
        with parts.store.reading() as connection:
            found = None if number is None else rows.find_message(connection, number)
            if found is None:
                return JSONResponse({"error": "there is no such message"}, 404)
            return JSONResponse(whole_message_view(*found, rows.attempts_of(connection, found[0].id)))

    @router.post("/v1/messages/{message_id}/resend")
    def resend(request: Request, message_id: str) -> Response:
        number = number_of(message_id)
        if number is None:
            return JSONResponse({"error": "there is no such message"}, 404)
        return _answer(lambda: log.send_again(parts, number, actor=request.state.visitor.user.name), 202)


def _wanted(name: str, asked: ChangedRecipient) -> WantedRecipient:
    return WantedRecipient(
        name=name,
        address=asked.address,
        language=asked.language,
        kinds=tuple(asked.kinds),
        level=asked.level,
        sites=tuple(asked.sites),
        zone=asked.zone,
        quiet=asked.quiet,
    )


def number_of(text: str) -> int | None:
    """A message's id from an address; None when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= ID_DIGITS else None


def parse_filter(pairs: list[tuple[str, str]]) -> MessageFilter:
    """The query string as a filter; `BadRequest` 422 names the parameter that is wrong.

    >>> parse_filter([("state", "dead"), ("limit", "5")])
    MessageFilter(state='dead', channel=None, target=None, ticket=None, before=None, limit=5)
    """
    given = dict(pairs)
    if len(given) != len(pairs):
        raise BadRequest(422, "a parameter stands twice")
    unknown = given.keys() - {"state", "channel", "to", "ticket", "before", "limit"}
    if unknown:
        raise BadRequest(422, f"there is no parameter {min(unknown)!r}")
    for name, known in (("state", MessageState), ("channel", Channel)):
        if name in given and given[name] not in {each.value for each in known}:
            raise BadRequest(422, f"{name} is one of {', '.join(each.value for each in known)}")
    numbers = {name: number_of(given[name]) for name in ("before", "limit") if name in given}
    if None in numbers.values() or not 1 <= (numbers.get("limit", LIMIT) or 0) <= LIMIT_MAX:
        raise BadRequest(422, f"before and limit are whole numbers, limit at most {LIMIT_MAX}")
    return MessageFilter(
        state=given.get("state"),
        channel=given.get("channel"),
        target=given.get("to"),
        ticket=given.get("ticket"),
        before=numbers.get("before"),
        limit=numbers.get("limit") or LIMIT,
    )


def _answer(act: Callable[[], Any], status: int) -> Response:
    try:
        return JSONResponse(act() or {}, status)
    except BadRequest as bad:
        return JSONResponse({"error": str(bad)}, bad.status)
    except (RecipientRefused, AddressRefused, MessageRefused) as refused:
        return JSONResponse({"error": str(refused.why)}, 422)
