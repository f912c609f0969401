"""The API that the engineers' command line uses: what may be asked for, drafts, signed documents, standing.

`GET /v1/tickets/{number}/actions`, `GET /v1/requests/{id}`, `POST /v1/documents` (an envelope as it is),
`GET /v1/published/{folder}/{name}` (the vendor's files, verified by whoever takes them). Behind the
console's gate: without an API token there is no answer.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from collector.auth.model import Visitor
from collector.parts import Parts
from collector.relay.requests import repository
from collector.relay.requests.drafts import choice_for
from collector.relay.requests.view import choice_view, request_view
from collector.relay.service import DocumentRefused, send
from collector.tickets.search import repository as tickets
from remediation.trust.published import FILE_BYTES, folder_fetcher

VENDOR_FOLDER = "vendor"  # in the state folder, as agents get it


def vendor_folder(parts: Parts) -> Path:
    """Where the vendor's published files are."""
    return Path(parts.settings.state) / VENDOR_FOLDER


def request_api(router: APIRouter, parts: Parts) -> None:
    """The routes; the gate has checked the token and read the body."""
    _published_files(router, parts)

    @router.get("/v1/tickets/{number}/actions")
    def actions(number: str) -> Response:
        with parts.store.reading() as connection:
            ticket = tickets.find_ticket(connection, number)
            if ticket is None:
                return _error(404, "there is no such ticket")
            return JSONResponse(choice_view(choice_for(connection, ticket, vendor_folder(parts)), number))

    @router.get("/v1/requests/{request_id}")
    def show(request_id: str) -> Response:
        with parts.store.reading() as connection:
            record = repository.find_request(connection, request_id)
        return _error(404, "there is no such request") if record is None else JSONResponse(request_view(record))

    @router.post("/v1/documents")
    def take(request: Request) -> Response:
        visitor: Visitor = request.state.visitor
        try:
            found = send(parts.store, request.state.body, now=parts.now(), actor=visitor.user.name)
        except DocumentRefused as refused:
            return _error(409, str(refused.why))
        return JSONResponse(
            {"kind": found.kind, "id": found.document.id, "about": found.about, "hosts": list(found.hosts)}
        )


def _published_files(router: APIRouter, parts: Parts) -> None:
    fetch = folder_fetcher(vendor_folder(parts))

    @router.get("/v1/published/{folder}/{name}")
    def published(folder: str, name: str) -> Response:
        try:
            return Response(fetch(f"{folder}/{name}", FILE_BYTES), media_type="application/octet-stream")
        except FileNotFoundError:
            return _error(404, "the vendor has published nothing of this name")
        except OSError:
            return _error(503, "the file cannot be read now")


def _error(status: int, words: str) -> Response:
    return JSONResponse({"error": words}, status)
