"""Charts of a host: the page with all of them, what the site's page shows, and their numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import JSONResponse, Response

from collector.console import repository as rows
from collector.console.charts import KINDS, RANGES, SPAN_LEAST, Chart, Kind, Range, charts_of, columns, drawn, wanted_of
from collector.console.model import HostRecord, SiteRecord
from collector.console.page import reader_of, render
from collector.health.reading import histories
from collector.health.series import sample_of
from collector.parts import Parts
from collector.store.database import Connection

CHARTED = 10  # hosts of one site that have charts on its page; the others have a page of their own too


@dataclass(frozen=True)
class Health:
    """The charts of one host over one range."""

    since: datetime
    until: datetime
    step: timedelta
    charts: list[Chart]


def health_routes(router: APIRouter, parts: Parts) -> None:
    """`/sites/{site_id}/hosts/{agent_id}/health`, the same as `.json`."""

    @router.get("/sites/{site_id}/hosts/{agent_id}/health")
    def show(request: Request, site_id: str, agent_id: str) -> Response:
        now = parts.now()
        with parts.store.reading() as connection:
            site, host = _place(connection, site_id, agent_id)
            chosen = range_of(request)
            health = health_of(connection, agent_id, chosen, now)
        return render(
            reader_of(request, now), "health.html", site=site, host=host, tz=site.tz, health=health,
            chosen=chosen, ranges=RANGES.values(),
        )  # fmt: skip

    @router.get("/sites/{site_id}/hosts/{agent_id}/health.json")
    def numbers(request: Request, site_id: str, agent_id: str) -> Response:
        now = parts.now()
        with parts.store.reading() as connection:
            site, host = _place(connection, site_id, agent_id)
            chosen = range_of(request)
            health = health_of(connection, agent_id, chosen, now, host if "main" in request.query_params else None)
        words = reader_of(request, now).words
        charts = [
            {
                "name": chart.kind.name,
                "unit": chart.kind.unit,
                "lines": [line.title if isinstance(line.title, str) else words.say(line.title) for line in lines],
                **columns(lines, health.step),
            }
            for chart in health.charts
            for lines in [drawn(chart)]
        ]
        ends = {"from": health.since.timestamp(), "to": health.until.timestamp()}
        return JSONResponse({"tz": site.tz, "range": chosen.name, **ends, "charts": charts})


def range_of(request: Request) -> Range:
    """The range that the address names, a day where it names none."""
    return RANGES.get(request.query_params.get("range", ""), RANGES["day"])


def health_of(
    connection: Connection, agent_id: str, chosen: Range, now: datetime, main_of: HostRecord | None = None
) -> Health:
    """The charts of a host; with `main_of` only those that the site's page shows."""
    since = now - chosen.span
    wanted: Any = None
    kinds: Collection[Kind] = KINDS
    if main_of is not None:
        wanted = wanted_of(sample_of(main_of.newest).values) if main_of.newest else []
        kinds = tuple(kind for kind in KINDS if kind.is_main)
    grid, found = histories(connection, agent_id, wanted, since, now, chosen.points)
    begins = [points[0].at for points in found.values()]
    if chosen is RANGES["day"] and begins:
        since = max(since, min(*begins, now - SPAN_LEAST))
    return Health(since, now, timedelta(microseconds=grid.step_us), charts_of(found, kinds))


def _place(connection: Connection, site_id: str, agent_id: str) -> tuple[SiteRecord, HostRecord]:
    site = rows.find_site(connection, site_id)
    host = rows.find_host(connection, site_id, agent_id)
    if site is None or host is None:
        raise HTTPException(404)
    return site, host
