"""`GET /v1/backups?site=`: how the backups of sites stand; `GET /v1/backups/{id}`: a proof as its host signed it."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from collector.backups.model import ProofRecord
from collector.backups.reading import backups_of, find_proof
from collector.backups.view import site_view
from collector.fleet import repository as fleet
from collector.parts import Parts

MEDIA_TYPE = "application/octet-stream"  # a file to keep, never a page


def backup_api(router: APIRouter, parts: Parts) -> None:
    """The routes; the gate has checked the token."""

    @router.get("/v1/backups")
    def show(request: Request) -> Response:
        pairs = request.query_params.multi_items()
        if [name for name, _ in pairs] != ["site"]:
            return JSONResponse({"error": "give site once"}, 422)
        now = parts.now()
        with parts.store.reading() as connection:
            site = fleet.find_site(connection, pairs[0][1])
            if site is None:
                return JSONResponse({"error": "there is no such site"}, 404)
            hosts = backups_of(connection, site.id, site.tz, now, allowed_age(parts))
        return JSONResponse(site_view(site.id, hosts, now))

    @router.get("/v1/backups/{proof_id}")
    def envelope(proof_id: str) -> Response:
        return envelope_file(parts, proof_id) or JSONResponse({"error": "there is no such proof"}, 404)


def allowed_age(parts: Parts) -> timedelta:
    """How old a proof may be that makes green."""
    return timedelta(days=parts.settings.backups.proof_days)


def envelope_file(parts: Parts, proof_id: str, site_id: str | None = None) -> Response | None:
    """The envelope as an attachment, byte for byte; None when there is none."""
    if not (proof_id.isascii() and proof_id.isdigit() and len(proof_id) < 17):  # noqa: PLR2004  # below 2^53
        return None
    with parts.store.reading() as connection:
        found = find_proof(connection, int(proof_id), site_id)
    if found is None:
        return None
    record, content = found
    headers = {
        "content-disposition": f'attachment; filename="{file_name(record)}"',
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


def file_name(record: ProofRecord) -> str:
    """As the host calls the file: journal and number."""
    return f"{record.proof.journal}-{record.proof.number:010d}.json"
