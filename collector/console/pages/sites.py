"""The list of sites, one site with its hosts, and the numbers of its charts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import JSONResponse, Response

from collector.console import repository as rows
from collector.console.model import HealthPoint
from collector.console.page import reader_of, render
from collector.fleet.software import repository as software_rows
from collector.parts import Parts
from collector.tickets.holds import repository as holds
from collector.tickets.search import repository as ticket_rows
from wire.sentence import sentence

OPEN_SHOWN = 50
MODULES_SHOWN = 500
PACKAGES_SHOWN = 200
WORDS_CHARS = 100
CHART = timedelta(hours=24)
POINTS = 288  # five minutes each over a day
CHART_MIN = timedelta(minutes=5)  # a host that has just come
TABLE_BUCKET = timedelta(hours=1)

CAUSES = {
    "rotated": sentence("The file was replaced before it was read to its end"),
    "truncated": sentence("The file was cut below the read position"),
    "spool_full": sentence("The spool on the host was full"),
    "spool_damaged": sentence("The spool on the host was damaged or replaced"),
    "unreadable": sentence("The file could not be read"),
    "oversized": sentence("A record was too large and was cut"),
    "refused": sentence("The collector could not take it"),
    "budget": sentence("The agent left it out to stay inside its budget"),
}


def site_routes(router: APIRouter, parts: Parts) -> None:
    """`/sites`, `/sites/{site_id}`, its packages, and the numbers of one host's charts."""
    _package_routes(router, parts)

    @router.get("/sites")
    def index(request: Request) -> Response:
        with parts.store.reading() as connection:
            sites = rows.list_sites(connection)
        return render(reader_of(request, parts.now()), "sites.html", sites=sites)

    @router.get("/sites/{site_id}")
    def show(request: Request, site_id: str) -> Response:
        now = parts.now()
        with parts.store.reading() as connection:
            site = rows.find_site(connection, site_id)
            if site is None:
                raise HTTPException(404)
            hosts = rows.hosts_of(connection, site_id)
            tickets = ticket_rows.open_tickets(connection, site_id=site_id, assignee=None, limit=OPEN_SHOWN)
            gaps = rows.gaps_of(connection, site_id)
            more: dict[str, Any] = {
                "modules": software_rows.modules_of(connection, site_id, MODULES_SHOWN),
                "lists": {host.id: software_rows.lists_of(connection, host.id) for host in hosts},
                "storms": holds.storms(connection, site_id=site_id),
                "windows": holds.windows(connection, site_id=site_id, ending_after=now),
                "held": holds.held(connection, site_id=site_id),
            }
            since = now - CHART
            hourly = {
                host.id: rows.health_of(connection, site_id=site_id, agent_id=host.id, since=since, bucket=TABLE_BUCKET)
                for host in hosts
            }
        return render(
            reader_of(request, now), "site.html", site=site, tz=site.tz, hosts=hosts, tickets=tickets, gaps=gaps,
            hourly=hourly, causes=CAUSES, **more,
        )  # fmt: skip

    @router.get("/sites/{site_id}/hosts/{agent_id}/health.json")
    def health(site_id: str, agent_id: str) -> Response:
        now = parts.now()
        with parts.store.reading() as connection:
            site = rows.find_site(connection, site_id)
            if site is None:
                raise HTTPException(404)
            oldest = rows.oldest_sample(connection, site_id=site_id, agent_id=agent_id, since=now - CHART)
            span = min(CHART, max(CHART_MIN, now - (oldest or now)))
            bucket = max(span / POINTS, timedelta(seconds=1))
            points = rows.health_of(connection, site_id=site_id, agent_id=agent_id, since=now - span, bucket=bucket)
        whole = chart_of(points, bucket, site.tz)
        return JSONResponse({**whole, "from": (now - span).timestamp(), "to": now.timestamp()})


def _package_routes(router: APIRouter, parts: Parts) -> None:
    @router.get("/sites/{site_id}/packages")
    def packages(request: Request, site_id: str) -> Response:
        words = request.query_params.get("q", "").strip()[:WORDS_CHARS]
        with parts.store.reading() as connection:
            site = rows.find_site(connection, site_id)
            if site is None:
                raise HTTPException(404)
            found = software_rows.search_packages(connection, site_id, words, PACKAGES_SHOWN + 1)
        return render(
            reader_of(request, parts.now()), "packages.html", site=site, tz=site.tz, q=words,
            packages=found[:PACKAGES_SHOWN], has_more=len(found) > PACKAGES_SHOWN,
        )  # fmt: skip


def chart_of(points: list[HealthPoint], bucket: timedelta, tz: str) -> dict[str, object]:
    """Columns as uPlot takes them: seconds since 1970, and percentages with null where nothing is known.

    A hole of more than three buckets breaks the line; a slow heartbeat alone does not.
    """
    times: list[float] = []
    rows_: list[HealthPoint | None] = []
    for point in points:
        at = point.at.timestamp()
        if times and at - times[-1] > 3 * max(bucket.total_seconds(), 60.0):
            times.append((times[-1] + at) / 2)
            rows_.append(None)
        times.append(at)
        rows_.append(point)
    mounts = sorted({mount for point in points for mount in point.disks})
    return {
        "tz": tz,
        "times": times,
        "cpu": [round(row.cpu, 1) if row else None for row in rows_],
        "memory": [round(row.memory, 1) if row else None for row in rows_],
        "disks": {mount: [row.disks.get(mount) if row else None for row in rows_] for mount in mounts},
    }
