"""Patches: where each would help, what stands in the way, and what customers said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from collector.console import repository as console_rows
from collector.console.page import form_of, reader_of, render, user_of
from collector.errors import CollectorError, TicketRefused
from collector.fleet.persons import person_at
from collector.fleet.repository import find_site
from collector.parts import Parts
from collector.patches import deciding, repository
from collector.patches.applicability import Applicability
from collector.patches.board import Board, HostLine
from collector.patches.model import Patch
from collector.patches.shelving import trouble
from collector.patches.standings import DIGEST, PATCH, patch_action
from collector.patches.view import irreversible_steps
from collector.relay.requests.drafts import DraftRefused, add_draft
from collector.relay.requests.endpoints import vendor_folder
from collector.relay.requests.offers import offered_actions
from wire.sentence import Sentence, sentence

SIGN: Final = "sitewarden request sign"
HOSTS_SHOWN: Final = 300
TICKETS_SHOWN: Final = 100
NOT_AFFECTED: Final = Applicability.NOT_AFFECTED


def patch_routes(router: APIRouter, parts: Parts) -> None:
    """`/patches`, `/patches/{product}/{id}`, and what can be done there."""

    @router.get("/patches")
    def index(request: Request) -> Response:
        with parts.store.reading() as connection:
            lines = _board(request).lines(connection, parts.now())
            problems = trouble(connection)
        return render(
            reader_of(request, parts.now()), "patches.html", lines=lines, problems=problems, states=Applicability
        )

    @router.get("/patches/{product}/{patch_id}")
    def show(request: Request, product: str, patch_id: str) -> Response:
        return _page(parts, request, _find(parts, product, patch_id))

    @router.post("/patches/{product}/{patch_id}/{act}")
    def act(request: Request, product: str, patch_id: str, act: str) -> Response:
        patch = _find(parts, product, patch_id)
        try:
            _act(parts, patch, act, form_of(request), user_of(request).name)
        except (TicketRefused, DraftRefused) as refused:
            return _page(parts, request, patch, status=409, refused=refused)
        return RedirectResponse(f"/patches/{product}/{patch_id}", 303)


def _board(request: Request) -> Board:
    board: Board = request.app.state.patches
    return board


def _find(parts: Parts, product: str, patch_id: str) -> Patch:
    with parts.store.reading() as connection:
        found = repository.find_patch(connection, product, patch_id)
    if found is None:
        raise HTTPException(404)
    return found


def _act(parts: Parts, patch: Patch, act: str, form: Mapping[str, str], actor: str) -> None:
    person, site = person_at(parts, actor, parts.now()), form.get("site", "")
    said = {"reason": form.get("reason", ""), "said_by": form.get("said_by", "")}
    match act:
        case "defer":
            deciding.defer(person, patch, site, until=_day(parts, site, form.get("until", "")), **said)
        case "decline":
            deciding.decline(person, patch, site, **said)
        case "lift":
            deciding.lift(person, patch, site)
        case "draft":
            _draft(parts, patch, form, actor)
        case _:
            raise HTTPException(404)


def _day(parts: Parts, site_id: str, typed: str) -> datetime:
    """The beginning of that day at the site."""
    with parts.store.reading() as connection:
        site = find_site(connection, site_id)
    if site is None:
        raise TicketRefused(sentence("there is no site {site}", site=site_id))
    try:
        day = datetime.strptime(typed, "%Y-%m-%d").date()  # noqa: DTZ007  # the zone is the site's
    except ValueError as error:
        raise TicketRefused(sentence("a day is written as 2026-11-24")) from error
    return datetime.combine(day, time(), ZoneInfo(site.tz))


def _draft(parts: Parts, patch: Patch, form: Mapping[str, str], actor: str) -> None:
    """A draft as any other: on a ticket, for one host, to be signed at the desk."""
    action = patch_action(offered_actions(vendor_folder(parts), patch.product))
    if action is None:
        raise DraftRefused(
            sentence("the vendor offers no action that applies patches of {product}", product=patch.product)
        )
    add_draft(
        parts.store,
        form.get("ticket", ""),
        vendor=vendor_folder(parts),
        action=action.name,
        parameters={PATCH: patch.id, DIGEST: patch.digest},
        hosts=[form.get("host", "")],
        reason=form.get("reason", ""),
        actor=actor,
        new_secret=parts.new_secret,
        now=parts.now(),
    )


def _page(
    parts: Parts, request: Request, patch: Patch, *, status: int = 200, refused: CollectorError | None = None
) -> Response:
    with parts.store.reading() as connection:
        lines = _board(request).hosts_of_patch(connection, patch, parts.now())
        names = dict(console_rows.site_names(connection))
    shown = sorted((line for line in lines if line.verdict.state is not NOT_AFFECTED), key=_order)
    cures = {cure.number: cure for line in shown if line.verdict.would_help for cure in line.tickets}
    why: Sentence | None = refused.why if refused is not None else None
    return render(
        reader_of(request, parts.now()), "patch.html", status=status, refused=why, patch=patch,
        manifest=patch.manifest, lines=shown[:HOSTS_SHOWN], more=len(shown) - HOSTS_SHOWN,
        unaffected=len(lines) - len(shown), names=names, cures=list(cures.values())[:TICKETS_SHOWN],
        cured=len(cures), never=irreversible_steps(patch), sites=sorted({line.host.site for line in shown}),
        helped=len({line.host.site for line in shown if line.verdict.would_help}),
        action=patch_action(offered_actions(vendor_folder(parts), patch.product)), sign=SIGN,
    )  # fmt: skip


_ORDER = {state: at for at, state in enumerate(Applicability)}


def _order(line: HostLine) -> tuple[int, str, str]:
    return _ORDER[line.verdict.state], line.host.site, line.host.hostname
