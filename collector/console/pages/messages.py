"""Who was told what and did it arrive; who is told at all: recipients and webhooks."""

from __future__ import annotations

from collections.abc import Mapping

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
_PEOPLE = {"remove": people.remove_recipient, "test": people.send_test_mail}
_PROGRAMS = {"remove": people.remove_webhook, "test": people.send_test_call}


def message_routes(router: APIRouter, parts: Parts) -> None:
    """`/messages`, `/messages/{number}`, and what their forms do."""

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

    _people_routes(router, parts)


def _people_routes(router: APIRouter, parts: Parts) -> None:
    @router.post("/recipients")
    def add_recipient(request: Request) -> Response:
        try:
            people.add_recipient(parts, wanted_of(form_of(request)))
        except CollectorError as refused:
            return _index(parts, request, problem=refused.why)
        return RedirectResponse("/messages", 303)

    @router.post("/webhooks")
    def add_webhook(request: Request) -> Response:
        form = form_of(request)
        events = [name for name in NAMES if f"event_{name}" in form]
        try:
            made, secret = people.add_webhook(parts, form.get("name", ""), form.get("address", ""), events)
        except CollectorError as refused:
            return _index(parts, request, problem=refused.why)
        return _index(parts, request, secret=(made.name, secret))

    @router.post("/recipients/{name}/{act}")
    def recipient(request: Request, name: str, act: str) -> Response:
        return _act(parts, request, name, _PEOPLE.get(act))

    @router.post("/webhooks/{name}/{act}")
    def webhook(request: Request, name: str, act: str) -> Response:
        return _act(parts, request, name, _PROGRAMS.get(act))


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


def _act(parts: Parts, request: Request, name: str, act: people.Act | None) -> Response:
    if act is None:
        raise HTTPException(404)
    try:
        act(parts, name)
    except CollectorError as refused:
        return _index(parts, request, problem=refused.why)
    return RedirectResponse("/messages", 303)


def _index(
    parts: Parts, request: Request, *, problem: Sentence | None = None, secret: tuple[str, str] | None = None
) -> Response:
    dead_only = request.query_params.get("state") == MessageState.DEAD.value
    with parts.store.reading() as connection:
        wanted = MessageFilter(state=MessageState.DEAD.value if dead_only else None, limit=SHOWN)
        messages = rows.list_messages(connection, wanted)
        counts = rows.counts(connection)
    return render(
        reader_of(request, parts.now()), "messages.html", status=200 if problem is None else 409,
        messages=messages, counts=counts, dead_only=dead_only, recipients=people.list_recipients(parts),
        webhooks=people.list_webhooks(parts), problem=problem, secret=secret, states=STATES, tones=TONES, kinds=KINDS,
        event_names=NAMES, languages=LANGUAGES, has_mail=parts.settings.mail is not None,
    )  # fmt: skip
