"""The lab: recent events run again with other thresholds, beside those in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from collector.console import repository as console_rows
from collector.console.page import form_of, reader_of, render, user_of
from collector.errors import TicketRefused
from collector.fleet.persons import person_at
from collector.lab.model import DAYS_MAX, EVENTS_MAX, Question
from collector.lab.runs import Lab
from collector.parts import Parts
from collector.settings.model import Rules
from wire.sentence import Sentence, sentence

DAYS: Final = 7

# What may be tried, in the order of the form; lists are for levels 1 to 4.
PER_LEVEL: Final = {
    "open_delay_s": sentence("Open delay, seconds"),
    "stable_s": sentence("Stable time before recovered, seconds"),
}
NUMBERS: Final = {
    "storm_fingerprints": sentence("Different faults that make a storm"),
    "storm_window_s": sentence("within, seconds"),
    "flapping_rises": sentence("Rises that are flapping"),
    "flapping_window_s": sentence("within, seconds"),
    "site_tickets": sentence("Tickets of a site by rule"),
    "site_budget_s": sentence("within, seconds"),
    "fleet_sites": sentence("Sites with one code that make a problem"),
    "fleet_window_s": sentence("within, seconds"),
    "reopen_within_s": sentence("Reopen within, seconds after the resolution"),
}
TEXT_CHARS: Final = 20


def lab_routes(router: APIRouter, parts: Parts) -> None:
    """`/lab`."""
    lab = Lab(parts.store, parts.monotonic, parts.stopping)

    @router.get("/lab")
    def show(request: Request) -> Response:
        return _page(parts, lab, request)

    @router.post("/lab")
    def ask(request: Request) -> Response:
        try:
            person = person_at(parts, user_of(request).name, parts.now())
            question = _question(form_of(request), parts)
            lab.ask(question, person.codebook, person.rules, actor=person.actor, now=person.now)
        except TicketRefused as refused:
            return _page(parts, lab, request, status=409, refused=refused.why)
        return RedirectResponse("/lab", 303)


def _page(parts: Parts, lab: Lab, request: Request, *, status: int = 200, refused: Sentence | None = None) -> Response:
    with parts.store.reading() as connection:
        sites = console_rows.site_names(connection)
    rules, progress = parts.settings.rules, lab.progress
    tried = progress.question.rules if progress else rules
    form: Mapping[str, str] = form_of(request) if refused else {}
    return render(
        reader_of(request, parts.now()), "lab.html", status=status, sites=sites, rules=rules, tried=tried, form=form,
        progress=progress, per_level=PER_LEVEL, numbers=NUMBERS, refused=refused, days=DAYS, days_max=DAYS_MAX,
        events_max=EVENTS_MAX, changed=_changed(rules, tried),
    )  # fmt: skip


def _changed(rules: Rules, tried: Rules) -> list[tuple[Sentence, str, str]]:
    """What differs: words, the value in force, the value tried."""
    found = []
    for name, words in {**PER_LEVEL, **NUMBERS}.items():
        before, after = getattr(rules, name), getattr(tried, name)
        if before != after:
            found.append((words, _text(before), _text(after)))
    return found


def _text(value: Any) -> str:
    return ", ".join(f"{each:g}" for each in value) if isinstance(value, tuple) else f"{value:g}"


def _question(form: Mapping[str, str], parts: Parts) -> Question:
    values: dict[str, Any] = msgspec.to_builtins(parts.settings.rules)
    for name in PER_LEVEL:
        values[name] = [_number(form.get(f"{name}.{level}", "")) for level in range(1, 5)]
    for name in NUMBERS:
        values[name] = _number(form.get(name, ""))
    try:
        rules = msgspec.convert(values, Rules)
    except msgspec.ValidationError as error:
        raise TicketRefused(sentence("{problem}", problem=str(error))) from error
    days = _number(form.get("days", ""))
    if not 0 < days <= DAYS_MAX:
        raise TicketRefused(sentence("the lab looks back at most {days} days", days=DAYS_MAX))
    site = form.get("site", "")
    return Question(parts.now() - timedelta(days=days), (site,) if site else (), rules)


def _number(text: str) -> int | float:
    """A whole number where it is one: some rules count."""
    try:
        value = float(text) if len(text) <= TEXT_CHARS else float("nan")
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise TicketRefused(sentence("{text} is no number", text=text[:TEXT_CHARS]))
    return int(value) if value.is_integer() else value
