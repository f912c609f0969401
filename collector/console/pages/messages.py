"""Who was told what and did it arrive; who is told at all: recipients and webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from collector.console.page import form_of, reader_of, render, user_of
from collector.errors import CollectorError
from collector.notify.endpoints import number_of
from collector.notify.events import NAMES
from collector.notify.log import repository as rows
from collector.notify.log.repository import MessageFilter
from collector.notify.log.service import MessageRefused, send_again
from collector.notify.model import LANGUAGES
from collector.notify.people import service as people
from collector.notify.people.service import WantedRecipient
from collector.notify.state import MessageState
from collector.notify.wording import CAUSES
from collector.parts import Parts
from collector.tickets.desk.model import NoticeKind
from wire.sentence import Sentence, sentence

SHOWN = 100

STATES = {
    MessageState.GATHERED: sentence("Gathered"),
    MessageState.WAITING: sentence("Waiting"),
    MessageState.SENDING: sentence("Being sent"),
    MessageState.SENT: sentence("Delivered"),
    MessageState.DEAD: sentence("Not delivered"),
    MessageState.FOLDED: sentence("In a digest"),
}
TONES = {MessageState.SENT: "ok", MessageState.DEAD: "late", MessageState.WAITING: "hold"}
KINDS = {
    NoticeKind.PAGE: sentence("Pages"),
    NoticeKind.DIGEST: sentence("Digests"),
    NoticeKind.CUSTOMER: sentence("Customer's notices"),
}
EVENTS = {
    "deliver": sentence("Delivered"),
    "again": sentence("Failed, tried again later"),
    "refuse": sentence("Refused"),
    "give_up": sentence("Given up"),
    "lapse": sentence("Nobody knows whether it arrived"),
    "withdraw": sentence("Withdrawn"),
    "resend": sentence("Sent again"),
}
Found = TypeVar("Found")
_PEOPLE = {"remove": people.remove_recipient, "test": people.send_test_mail}
_PROGRAMS = {"remove": people.remove_webhook, "test": people.send_test_call}


@dataclass(frozen=True)
class WantedWebhook:
    """What a person typed of a webhook."""

    name: str = ""
    address: str = ""
    events: tuple[str, ...] = ()


def message_routes(router: APIRouter, parts: Parts) -> None:
    """`/messages`, `/messages/{number}`, a page for each recipient and webhook, and what their forms do."""

    @router.get("/messages")
    def index(request: Request) -> Response:
        return _index(parts, request)

    @router.get("/messages/{number}")
    def show(request: Request, number: str) -> Response:
        wanted = number_of(number)
        with parts.store.reading() as connection:
            found = None if wanted is None else rows.find_message(connection, wanted)
            if found is None:
                raise HTTPException(404)
            attempts = rows.attempts_of(connection, found[0].id)
        return render(
            reader_of(request, parts.now()), "message.html", message=found[0], body=found[1], attempts=attempts,
            states=STATES, events=EVENTS, causes=CAUSES,
        )  # fmt: skip

    @router.post("/messages/{number}/resend")
    def resend(request: Request, number: str) -> Response:
        wanted = number_of(number)
        if wanted is None:
            raise HTTPException(404)
        try:
            send_again(parts, wanted, actor=user_of(request).name)
        except MessageRefused as refused:
            return _index(parts, request, problem=refused.why)
        return RedirectResponse(f"/messages/{wanted}", 303)

    _change_routes(router, parts)
    _people_routes(router, parts)


def _people_routes(router: APIRouter, parts: Parts) -> None:
    @router.post("/recipients")
    def add_recipient(request: Request) -> Response:
        wanted = wanted_of(form_of(request))
        try:
            people.add_recipient(parts, wanted)
        except CollectorError as refused:
            return _index(parts, request, problem=refused.why, typed=wanted)
        return RedirectResponse("/messages", 303)

    @router.post("/webhooks")
    def add_webhook(request: Request) -> Response:
        hook = hook_of(form_of(request))
        try:
            made, secret = people.add_webhook(parts, hook.name, hook.address, hook.events)
        except CollectorError as refused:
            return _index(parts, request, problem=refused.why, hook=hook)
        return _index(parts, request, secret=(made.name, secret))

    @router.post("/recipients/{name}/{act}")
    def recipient(request: Request, name: str, act: str) -> Response:
        return _act(parts, request, name, _PEOPLE.get(act))

    @router.post("/webhooks/{name}/{act}")
    def webhook(request: Request, name: str, act: str) -> Response:
        return _act(parts, request, name, _PROGRAMS.get(act))


def _change_routes(router: APIRouter, parts: Parts) -> None:
    """A page for each recipient and webhook; their names stay."""

    @router.get("/recipients/{name}")
    def recipient(request: Request, name: str) -> Response:
        known = _found(people.find_recipient, parts, name)
        return _change_page(parts, request, name, typed=people.wanted_of(known))

    @router.post("/recipients/{name}/change")
    def change_recipient(request: Request, name: str) -> Response:
        wanted = wanted_of({**form_of(request), "name": name})
        try:
            people.change_recipient(parts, wanted)
        except CollectorError as refused:
            return _change_page(parts, request, name, typed=wanted, problem=refused.why)
        return RedirectResponse("/messages", 303)

    @router.get("/webhooks/{name}")
    def webhook(request: Request, name: str) -> Response:
        known = _found(people.find_webhook, parts, name)
        return _change_page(parts, request, name, hook=WantedWebhook(name, known.address, known.events))

    @router.post("/webhooks/{name}/change")
    def change_webhook(request: Request, name: str) -> Response:
        hook = hook_of({**form_of(request), "name": name})
        try:
            people.change_webhook(parts, name, hook.address, hook.events)
        except CollectorError as refused:
            return _change_page(parts, request, name, hook=hook, problem=refused.why)
        return RedirectResponse("/messages", 303)


def _found(find: Callable[[Parts, str], Found], parts: Parts, name: str) -> Found:
    try:
        return find(parts, name)
    except CollectorError as refused:
        raise HTTPException(404) from refused


def _change_page(
    parts: Parts,
    request: Request,
    name: str,
    *,
    typed: WantedRecipient | None = None,
    hook: WantedWebhook | None = None,
    problem: Sentence | None = None,
) -> Response:
    return render(
        reader_of(request, parts.now()), "message_target.html", status=200 if problem is None else 409, name=name,
        typed=typed, hook=hook, problem=problem, kinds=KINDS, event_names=NAMES, languages=LANGUAGES,
    )  # fmt: skip


def wanted_of(form: Mapping[str, str]) -> WantedRecipient:
    """A recipient from a posted form; what is wrong with it is said by the service.

    >>> wanted_of({"name": "kim", "address": "k@e.com", "kind_page": "1", "sites": "a, b"}).sites
    ('a', 'b')
    """
    level = form.get("level", "4")
    return WantedRecipient(
        name=form.get("name", ""),
        address=form.get("address", ""),
        language=form.get("language", "en"),
        kinds=tuple(kind.value for kind in NoticeKind if f"kind_{kind.value}" in form),
        level=int(level) if level in {"1", "2", "3", "4"} else 0,
        sites=tuple(name.strip() for name in form.get("sites", "").split(",") if name.strip()),
        zone=form.get("zone", "UTC"),
        quiet=form.get("quiet", ""),
    )


def hook_of(form: Mapping[str, str]) -> WantedWebhook:
    """A webhook from a posted form."""
    events = tuple(name for name in NAMES if f"event_{name}" in form)
    return WantedWebhook(form.get("name", ""), form.get("address", ""), events)


def _act(parts: Parts, request: Request, name: str, act: people.Act | None) -> Response:
    if act is None:
        raise HTTPException(404)
    try:
        act(parts, name)
    except CollectorError as refused:
        return _index(parts, request, problem=refused.why)
    return RedirectResponse("/messages", 303)


def _index(
    parts: Parts,
    request: Request,
    *,
    problem: Sentence | None = None,
    secret: tuple[str, str] | None = None,
    typed: WantedRecipient | None = None,
    hook: WantedWebhook | None = None,
) -> Response:
    reader = reader_of(request, parts.now())
    dead_only = request.query_params.get("state") == MessageState.DEAD.value
    with parts.store.reading() as connection:
        wanted = MessageFilter(state=MessageState.DEAD.value if dead_only else None, limit=SHOWN)
        messages = rows.list_messages(connection, wanted)
        counts = rows.counts(connection)
    return render(
        reader, "messages.html", status=200 if problem is None else 409,
        messages=messages, counts=counts, dead_only=dead_only, recipients=people.list_recipients(parts),
        webhooks=people.list_webhooks(parts), problem=problem, secret=secret, states=STATES, tones=TONES, kinds=KINDS,
        event_names=NAMES, languages=LANGUAGES, has_mail=parts.settings.mail is not None,
        typed=typed or WantedRecipient("", "", reader.words.language), is_recipient_typed=typed is not None,
        hook=hook or WantedWebhook(),
    )  # fmt: skip
