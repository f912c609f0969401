"""The ticket page and what a person can do there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from collector.auth import service as accounts
from collector.backups.reading import CODES, failing_proof
from collector.console import repository as sites
from collector.console.evidence import Line, left_out, quoted_record
from collector.console.page import form_of, reader_of, render, user_of
from collector.console.pages.clocks import shown_clocks
from collector.console.pages.sites import CAUSES
from collector.errors import TicketRefused
from collector.fleet import repository as fleet
from collector.fleet.persons import person_at
from collector.parts import Parts
from collector.patches.board import Board
from collector.relay.bundles.endpoints import bundle_file
from collector.relay.requests import repository as requests
from collector.relay.requests.drafts import choice_for
from collector.relay.requests.endpoints import vendor_folder
from collector.store.database import Connection, Store
from collector.tickets import joining, service, waiting
from collector.tickets.desk.person import Person
from collector.tickets.problems import repository as problems
from collector.tickets.search import repository as rows
from collector.tickets.search.model import EventRecord, TicketRecord
from collector.tickets.state import TABLE, TicketAct, TicketStatus
from wire.catalogue.reading import HOST_PRODUCT
from wire.sentence import Sentence, sentence

RELEASE = "sitewarden-agent evidence release"  # the customer types it on the server
BUNDLE_RELEASE = "sitewarden-agent bundle release"  # this too
EVENTS_SHOWN = 20
GAPS_AROUND = timedelta(minutes=10)  # before the first signal and after the end
CONTEXT_SHOWN = 4  # lines before the hit that stand open; the rest is one press away
HOSTS_OFFERED = 10  # to tick on the page; more by `sitewarden request new`
SIGN = "sitewarden request sign"
LEVELS = ("1", "2", "3", "4")

Act = Callable[[Store, str, str, Mapping[str, str], datetime], None]

# The whole table of what a form can ask for; another word is a page that does not exist.
ACTS: Mapping[str, Act] = {
    "pause": lambda store, number, actor, form, now: waiting.pause(
        store, number, waiting.Waiting(form.get("reason", ""), form.get("message", "")), actor=actor, now=now
    ),
    "resume": lambda store, number, actor, _, now: waiting.resume(store, number, actor=actor, now=now),
    "level": lambda store, number, actor, form, now: service.set_level(
        store, number, level_of(form), actor=actor, note=form.get("note", ""), now=now
    ),
    "acknowledge": lambda store, number, actor, _, now: service.acknowledge(store, number, actor=actor, now=now),
    "assign": lambda store, number, actor, form, now: service.assign(
        store, number, actor=actor, assignee=form.get("assignee") or actor, now=now
    ),
    "comment": lambda store, number, actor, form, now: service.comment(
        store, number, actor=actor, text=form.get("text", ""), now=now
    ),
    "resolve": lambda store, number, actor, form, now: service.resolve(
        store, number, actor=actor, note=form.get("note", ""), now=now, fixed_in=form.get("fixed_in")
    ),
    "reopen": lambda store, number, actor, form, now: service.reopen(
        store, number, actor=actor, note=form.get("note", ""), now=now
    ),
}


def level_of(form: Mapping[str, str]) -> int:
    """The level that was chosen; `TicketRefused` when it is none."""
    level = form.get("level", "")
    if level not in LEVELS:
        raise TicketRefused(sentence("a level is a number from 1 to 4"))
    return int(level)


# Those that move more than one ticket.
DESK_ACTS: Mapping[str, Callable[[Person, str, Mapping[str, str]], object]] = {
    "merge": lambda person, number, form: joining.merge(person, number, form.get("into", "").strip().lstrip("#")),
    "unmerge": lambda person, number, _: joining.unmerge(person, number),
    "split": lambda person, number, _: joining.split(person, number),
}


def ticket_routes(router: APIRouter, parts: Parts) -> None:
    """`/tickets/{number}` and `/tickets/{number}/{act}`."""

    @router.get("/tickets/{number}")
    def show(request: Request, number: str) -> Response:
        return ticket_page(parts, request, number)

    @router.get("/tickets/{number}/bundles/{request_id}/{agent}")
    def bundle(number: str, request_id: str, agent: str) -> Response:
        found = bundle_file(parts, request_id, agent, ticket=number)
        if found is None:
            raise HTTPException(404)
        return found

    @router.post("/tickets/{number}/{act}")
    def act(request: Request, number: str, act: str) -> Response:
        if act not in ACTS and act not in DESK_ACTS:
            raise HTTPException(404)
        try:
            _do(parts, request, number, act)
        except TicketRefused as refused:
            return ticket_page(parts, request, number, status=409, refused=refused.why, tried=act)
        if "hx-request" in request.headers:
            return ticket_page(parts, request, number)
        return RedirectResponse(f"/tickets/{number}", 303)


def _do(parts: Parts, request: Request, number: str, act: str) -> None:
    actor, form, now = user_of(request).name, form_of(request), parts.now()
    if act in DESK_ACTS:
        DESK_ACTS[act](person_at(parts, actor, now), number, form)
    else:
        ACTS[act](parts.store, number, actor, form, now)


def ticket_page(
    parts: Parts, request: Request, number: str, *, status: int = 200, refused: Sentence | None = None, tried: str = ""
) -> Response:
    """The whole page; `refused` says why what was `tried` was not done."""
    reader = reader_of(request, parts.now())
    with parts.store.reading() as connection:
        ticket = rows.find_ticket(connection, number)
        if ticket is None:
            raise HTTPException(404)
        timeline = rows.timeline_of(connection, ticket.id)
        events = rows.events_of(connection, ticket.id, EVENTS_SHOWN)
        cursor = rows.newest_change(connection)
        asking = _asking(connection, ticket, parts)
        clocks = shown_clocks(connection, ticket.id, parts.now())
        family = _family(connection, ticket) | _patches(request, connection, ticket, parts.now())
        around = _around(connection, ticket, parts.now()) | _backup(connection, ticket)
    quoted = next(
        (record for record in events if record.event and record.event.text and record.status == "firing"), None
    )
    earlier, evidence = _evidence(quoted)
    return render(
        reader,
        "ticket.html",
        status=status,
        ticket=ticket,
        tz=ticket.site_tz,
        timeline=timeline,
        events=events,
        quoted=quoted,
        earlier=earlier,
        evidence=evidence,
        held=[record for record in events if record.event and record.event.evidence_held],
        release=RELEASE,
        bundle_release=BUNDLE_RELEASE,
        left_out=left_out(quoted.event.text) if quoted and quoted.event else 0,
        cursor=cursor,
        **asking,
        tried_form=form_of(request) if tried == "draft" else {},
        clocks=clocks,
        reasons=[(reason.value, text) for reason, text in waiting.REASON_WORDS.items()],
        **family,
        **around,
        can={act.value for act in TicketAct if (TicketStatus(ticket.status), act) in TABLE},
        people=[user.name for user in accounts.list_users(parts.store) if user.disabled_at is None],
        refused=refused,
        tried=tried,
    )


def _patches(request: Request, connection: Connection, ticket: TicketRecord, now: datetime) -> dict[str, Any]:
    """The patches that cure the ticket's code, at each host of its site."""
    board: Board = request.app.state.patches
    mine = (ticket.product, ticket.module)
    lines = [
        line
        for line in board.patches_of_hosts(connection, ticket.site_id, now)
        if (line.patch.product, line.patch.manifest.module) == mine and ticket.code in line.patch.manifest.fixes
    ]
    return {"patches": lines}


def _asking(connection: Connection, ticket: TicketRecord, parts: Parts) -> dict[str, Any]:
    """What may be asked for, and what was."""
    choice = choice_for(connection, ticket, vendor_folder(parts))
    asked = requests.requests_of_ticket(connection, ticket.id)
    offered = list(choice.hosts.items())[:HOSTS_OFFERED]
    return {"choice": choice, "asked": asked, "hosts_offered": offered, "command": SIGN}


def _family(connection: Connection, ticket: TicketRecord) -> dict[str, Any]:
    """The tickets that it hangs together with."""
    tied = [number for number in (ticket.parent_id, ticket.recurrence_of) if number is not None]
    ties = {each.id: each for each in problems.tickets_by_id(connection, tied)}
    return {"children": problems.children_of_ticket(connection, ticket.id), "ties": ties}


def _around(connection: Connection, ticket: TicketRecord, now: datetime) -> dict[str, Any]:
    """What the vendor says is to be done about the code, and what we know that we did not see meanwhile."""
    code = fleet.find_code(connection, ticket.product, ticket.module, ticket.code)
    ended = ticket.closed_at or ticket.resolved_at
    until = now if ended is None else ended
    since = ticket.first_event_at - GAPS_AROUND
    gaps = sites.gaps_between(connection, ticket.site_id, since, until + GAPS_AROUND)
    return {"advice": code.advice if code is not None else None, "gaps": gaps, "gap_causes": CAUSES}


def _backup(connection: Connection, ticket: TicketRecord) -> dict[str, Any]:
    """Of a ticket about a backup the proof of what failed, where there is one."""
    if ticket.code not in CODES or ticket.product != HOST_PRODUCT:
        return {"is_backup": False, "failing": None}
    return {"is_backup": True, "failing": failing_proof(connection, ticket.site_id, ticket.code, ticket.identity)}


def _evidence(record: EventRecord | None) -> tuple[list[Line], list[Line]]:
    """The earlier context lines, and what is seen at once: the last few of them, the record, what followed."""
    if record is None or record.event is None:
        return [], []
    event = record.event
    lines = quoted_record(event.text, event.before, event.after, event.line_number)
    folded = max(0, len(event.before) - CONTEXT_SHOWN)
    return lines[:folded], lines[folded:]
