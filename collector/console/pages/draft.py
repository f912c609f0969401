"""The actions of a ticket: preparing a draft that an engineer then signs at the desk, and dropping one."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from collector.console.page import form_of, user_of
from collector.console.pages.ticket import ticket_page
from collector.parts import Parts
from collector.relay.requests import drafts
from collector.relay.requests.endpoints import vendor_folder

PARAMETER = "parameter."  # the form's fields: parameter.<name>, host.<agent id>
HOST = "host."


def draft_routes(router: APIRouter, parts: Parts) -> None:
    """`/tickets/{number}/drafts` and `/tickets/{number}/drafts/{draft}/discard`."""

    @router.post("/tickets/{number}/drafts")
    def prepare(request: Request, number: str) -> Response:
        form = form_of(request)
        try:
            drafts.add_draft(
                parts.store,
                number,
                vendor=vendor_folder(parts),
                action=form.get("action", ""),
                parameters=_named(form, PARAMETER),
                hosts=list(_named(form, HOST)),
                reason=form.get("reason", ""),
                actor=user_of(request).name,
                new_secret=parts.new_secret,
                now=parts.now(),
            )
        except drafts.DraftRefused as refused:
            return ticket_page(parts, request, number, status=409, refused=refused.why, tried="draft")
        return _shown(parts, request, number)

    @router.post("/tickets/{number}/drafts/{draft}/discard")
    def discard(request: Request, number: str, draft: str) -> Response:
        try:
            drafts.discard(parts.store, number, draft, actor=user_of(request).name, now=parts.now())
        except drafts.DraftRefused as refused:
            return ticket_page(parts, request, number, status=409, refused=refused.why)
        return _shown(parts, request, number)


def _shown(parts: Parts, request: Request, number: str) -> Response:
    if "hx-request" in request.headers:
        return ticket_page(parts, request, number)
    return RedirectResponse(f"/tickets/{number}#h-act", 303)


def _named(form: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The fields with this prefix, by the rest of their names; line ends as a browser sends them stay."""
    return {name.removeprefix(prefix): value for name, value in form.items() if name.startswith(prefix)}
