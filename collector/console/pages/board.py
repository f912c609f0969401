"""The triage board, and the stream that keeps pages live."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from collector.auth import service
from collector.auth.model import Visitor
from collector.console import repository as console_rows
from collector.console.feed import Feed, Newest, TooManyListeners
from collector.console.page import reader_of, render, user_of, visitor_of
from collector.parts import Parts
from collector.tickets.holds import repository as holds
from collector.tickets.search import repository as ticket_rows
from wire.sentence import sentence

ROWS = 200  # more open tickets than anybody triages; the counts above tell them all
LEVELS = (1, 2, 3, 4)
KIND_WORDS = {
    "fault": sentence("Faults"),
    "storm": sentence("Storms"),
    "site_silent": sentence("Silent sites"),
    "overflow": sentence("Overflows"),
    "internal": sentence("Our own"),
}
KEEP_ALIVE_S = 15.0  # below the idle limits of proxies
RECHECK_S = 2.0  # a session that has ended ends its streams within this


def board_routes(router: APIRouter, parts: Parts, feed: Feed) -> None:
    """`/` and `/board/events`."""

    @router.get("/")
    def board(request: Request) -> Response:
        reader = reader_of(request, parts.now())
        site_id = request.query_params.get("site") or None
        mine = request.query_params.get("mine") == "1"
        kind = request.query_params.get("kind")
        kind = kind if kind in KIND_WORDS else None
        assignee = user_of(request).name if mine else None
        with parts.store.reading() as connection:
            tickets = ticket_rows.open_tickets(connection, site_id=site_id, assignee=assignee, limit=ROWS, kind=kind)
            counts = ticket_rows.open_counts(connection, site_id=site_id, assignee=assignee, kind=kind)
            cursor = ticket_rows.newest_change(connection)
            sites = console_rows.site_names(connection)
            storms = holds.storms(connection, site_id=site_id)
        return render(
            reader,
            "board.html",
            bands=[(level, [ticket for ticket in tickets if ticket.level == level]) for level in LEVELS],
            counts={level: counts.get(level, 0) for level in LEVELS},
            cursor=cursor,
            sites=sites,
            site_id=site_id,
            mine=mine,
            kind=kind,
            kinds=KIND_WORDS,
            storms=storms,
            left_out=sum(counts.values()) - len(tickets),
        )

    @router.get("/board/events")
    async def events(request: Request) -> Response:
        visitor = visitor_of(request)
        stream = _stream(parts, feed, visitor)
        try:
            first = await anext(stream)  # takes the place, so that a refusal is still a plain answer
        except TooManyListeners:
            return PlainTextResponse("too many streams are open", 429, {"retry-after": "30"})
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(_with(first, stream), media_type="text/event-stream", headers=headers)


async def _with(first: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield first
    async for part in rest:
        yield part


async def _stream(parts: Parts, feed: Feed, visitor: Visitor) -> AsyncIterator[str]:
    """What an EventSource reads: `change` events whose data are the newest ids; ends with session or server."""
    async with feed.listening(visitor.user.id) as listener:
        yield f"retry: 3000\n{_message(listener.seen)}"
        quiet_s = 0.0
        while await _goes_on(parts, feed, visitor):
            newest = await feed.wait(listener, RECHECK_S)
            quiet_s = 0.0 if newest else quiet_s + RECHECK_S
            if newest:
                yield _message(newest)
            elif quiet_s >= KEEP_ALIVE_S:
                quiet_s = 0.0
                yield ": still here\n\n"


async def _goes_on(parts: Parts, feed: Feed, visitor: Visitor) -> bool:
    if feed.is_stopping:
        return False
    return await run_in_threadpool(lambda: service.still_in(parts.store, visitor, now=parts.now()))


def _message(newest: Newest) -> str:
    return f'event: change\ndata: {{"change":{newest.change},"event":{newest.event}}}\n\n'
