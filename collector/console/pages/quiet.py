"""What is held back now, and what holds it: silences, maintenance windows; and the ledger of what was held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from collector.console import repository as console_rows
from collector.console.page import form_of, reader_of, render, user_of
from collector.console.wording import zone
from collector.errors import TicketRefused
from collector.fleet.persons import person_at
from collector.parts import Parts
from collector.tickets.desk.person import Person
from collector.tickets.holds import repository as rows
from collector.tickets.holds import service
from collector.tickets.holds.model import NewSilence, NewWindow
from wire.sentence import Sentence, sentence

SHOWN: Final = 100
ID_DIGITS: Final = 9

Form = Mapping[str, str]


def quiet_routes(router: APIRouter, parts: Parts) -> None:
    """`/quiet`, and the forms on it."""

    @router.get("/quiet")
    def show(request: Request) -> Response:
        return _page(parts, request)

    @router.post("/windows")
    def add_window(request: Request) -> Response:
        form = form_of(request)
        return _act(parts, request, "window", lambda person: service.add_window(person, _window(parts, form)))

    @router.post("/windows/{number}/remove")
    def remove_window(request: Request, number: str) -> Response:
        return _act(parts, request, "", lambda person: service.remove_window(person, _id(number)))

    @router.post("/silences")
    def add_silence(request: Request) -> Response:
        form = form_of(request)
        return _act(parts, request, "silence", lambda person: service.add_silence(person, _silence(parts, form)))

    @router.post("/silences/{number}/remove")
    def remove_silence(request: Request, number: str) -> Response:
        return _act(parts, request, "", lambda person: service.remove_silence(person, _id(number)))

    @router.post("/held/{key}/promote")
    def promote(request: Request, key: str) -> Response:
        return _act(parts, request, "", lambda person: service.promote(person, key))


def _act(parts: Parts, request: Request, tried: str, do: Callable[[Person], object]) -> Response:
    try:
        do(person_at(parts, user_of(request).name, parts.now()))
    except TicketRefused as refused:
        return _page(parts, request, status=409, refused=refused.why, tried=tried)
    return RedirectResponse("/quiet", 303)


def _page(
    parts: Parts, request: Request, *, status: int = 200, refused: Sentence | None = None, tried: str = ""
) -> Response:
    now = parts.now()
    with parts.store.reading() as connection:
        held = rows.held(connection)
        windows = rows.windows(connection, ending_after=now)
        silences = rows.silences(connection, ending_after=now)
        ledger = rows.ledger(connection, SHOWN)
        sites = console_rows.site_names(connection)
    return render(
        reader_of(request, now), "quiet.html", status=status, held=held[:SHOWN], left_out=max(0, len(held) - SHOWN),
        windows=windows, silences=silences, ledger=ledger, sites=sites, refused=refused, tried=tried,
        form=form_of(request) if tried else {},
    )  # fmt: skip


def _window(parts: Parts, form: Form) -> NewWindow:
    site = form.get("site", "")
    return NewWindow(
        site=site,
        since=_instant(parts, site, form.get("since", "")),
        until=_instant(parts, site, form.get("until", "")),
        owner=form.get("owner", ""),
        approved_by=form.get("approved_by", ""),
        reason=form.get("reason", ""),
    )


def _silence(parts: Parts, form: Form) -> NewSilence:
    site = form.get("site", "")
    return NewSilence(
        until=_instant(parts, site, form.get("until", "")),
        reason=form.get("reason", ""),
        site=site,
        module=form.get("module", ""),
        code=form.get("code", ""),
        ticket=form.get("ticket", ""),
    )


def _instant(parts: Parts, site_id: str, text: str) -> datetime:
    """A date and time as the browser's field gives it, in the site's zone; UTC where no site is named."""
    with parts.store.reading() as connection:
        site = console_rows.find_site(connection, site_id) if site_id else None
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=at.tzinfo or zone(site.tz if site else "UTC")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise TicketRefused(sentence("{text} is no date and time; write 2026-11-24T10:00+09:00", text=text)) from None


def _id(number: str) -> int:
    return int(number) if number.isascii() and number.isdigit() and len(number) <= ID_DIGITS else 0
