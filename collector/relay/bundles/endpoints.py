"""The API and the answer that hands a bundle out: always a file to keep, never a page.

`GET /v1/tickets/{number}/bundles` lists, `GET /v1/requests/{id}/bundles/{agent}` gives the content.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, JSONResponse, Response

from collector.parts import Parts
from collector.relay.bundles import repository
from collector.relay.bundles.model import BundleRecord
from collector.relay.bundles.service import FOLDER
from collector.relay.requests import repository as requests
from collector.tickets.search import repository as tickets

MEDIA_TYPE = "application/octet-stream"


def bundle_api(router: APIRouter, parts: Parts) -> None:
    """The routes; the gate has checked the token."""

    @router.get("/v1/tickets/{number}/bundles")
    def listed(number: str) -> Response:
        with parts.store.reading() as connection:
            ticket = tickets.find_ticket(connection, number)
            if ticket is None:
                return JSONResponse({"error": "there is no such ticket"}, 404)
            records = requests.requests_of_ticket(connection, ticket.id)
            found = [
                {"request": record.id, "agent": each.agent, "sha256": each.sha256, "size": each.size}
                | {"position": each.position, "is_stored": each.is_stored}
                for record in records
                if record.digest
                for each in repository.of_request(connection, record.digest).values()
            ]
        return JSONResponse({"bundles": found})

    @router.get("/v1/requests/{request_id}/bundles/{agent}")
    def content(request_id: str, agent: str) -> Response:
        return bundle_file(parts, request_id, agent) or JSONResponse({"error": "there is no such bundle"}, 404)


def bundle_file(parts: Parts, request_id: str, agent: str, ticket: str | None = None) -> Response | None:
    """The content as an attachment; None when there is none. The path is made of the stored digest alone."""
    with parts.store.reading() as connection:
        request = requests.find_request(connection, request_id)
        found = repository.find(connection, request.digest, agent) if request and request.digest else None
        if request is not None and ticket not in {None, request.ticket}:
            return None
    if found is None or not found.is_stored:
        return None
    path = Path(parts.settings.state) / FOLDER / found.sha256
    if not path.is_file():
        return None
    headers = {"content-disposition": f'attachment; filename="{file_name(found)}"', "x-content-type-options": "nosniff"}
    return FileResponse(path, media_type=MEDIA_TYPE, headers=headers)


def file_name(record: BundleRecord) -> str:
    """How a download is called."""
    return f"bundle-{record.sha256[:16]}.tar.zst"
