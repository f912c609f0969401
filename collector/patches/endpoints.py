"""The JSON API of patches: `GET /v1/patches`, `GET /v1/patches/{product}/{id}`. Reads only."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from collector.parts import Parts
from collector.patches import repository
from collector.patches.board import Board
from collector.patches.shelving import trouble
from collector.patches.view import host_view, line_view, patch_view


def patch_api(router: APIRouter, parts: Parts) -> None:
    """The routes; the gate has checked the token."""

    @router.get("/v1/patches")
    def index(request: Request) -> Response:
        board: Board = request.app.state.patches
        with parts.store.reading() as connection:
            lines = board.lines(connection, parts.now())
            problems = trouble(connection)
        return JSONResponse({"patches": [line_view(line) for line in lines], "left_out": problems})

    @router.get("/v1/patches/{product}/{patch_id}")
    def show(request: Request, product: str, patch_id: str) -> Response:
        board: Board = request.app.state.patches
        with parts.store.reading() as connection:
            patch = repository.find_patch(connection, product, patch_id)
            if patch is None:
                return JSONResponse({"error": "there is no such patch"}, 404)
            hosts = board.hosts_of_patch(connection, patch, parts.now())
        return JSONResponse({**patch_view(patch), "standing": [host_view(line) for line in hosts]})
