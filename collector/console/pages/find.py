"""The search box: a ticket by its number, tickets by code, sites by name."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from collector.console import repository as console_rows
from collector.console.page import reader_of, render
from collector.parts import Parts
from collector.tickets.search import repository as ticket_rows

WORDS_CHARS = 100
FOUND = 30


def find_routes(router: APIRouter, parts: Parts) -> None:
    """`/find?q=`: straight to the ticket when the number is exact."""

    @router.get("/find")
    def find(request: Request) -> Response:
        words = request.query_params.get("q", "").strip().lstrip("#")[:WORDS_CHARS]
        with parts.store.reading() as connection:
            exact = ticket_rows.find_ticket(connection, words) if words else None
            tickets = ticket_rows.search_tickets(connection, words, FOUND) if words else []
            sites = console_rows.search_sites(connection, words, FOUND) if words else []
        if exact is not None:
            return RedirectResponse(f"/tickets/{exact.number}", 303)
        return render(reader_of(request, parts.now()), "find.html", q=words, tickets=tickets, sites=sites)
