"""The list of sites, one site with its hosts, and its packages."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from collector.backups.endpoints import allowed_age
from collector.backups.reading import backups_of, verdicts
from collector.backups.standing import Standing
from collector.console import repository as rows
from collector.console.charts import RANGES
from collector.console.page import reader_of, render
from collector.console.pages.backups import STANDINGS, shown
from collector.console.pages.health import CHARTED, health_of, range_of
from collector.fleet.software import repository as software_rows
from collector.parts import Parts
from collector.tickets.holds import repository as holds
from collector.tickets.search import repository as ticket_rows
from wire.sentence import sentence

OPEN_SHOWN = 50
MODULES_SHOWN = 500
PACKAGES_SHOWN = 200
WORDS_CHARS = 100

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
    """`/sites`, `/sites/{site_id}`, and its packages."""
    _package_routes(router, parts)

    @router.get("/sites")
    def index(request: Request) -> Response:
        now = parts.now()
        with parts.store.reading() as connection:
            sites = rows.list_sites(connection)
            proven = verdicts(connection, now, allowed_age(parts))
        return render(reader_of(request, now), "sites.html", sites=sites, proven=proven, Standing=Standing)

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
                "patches": request.app.state.patches.patches_of_hosts(connection, site_id, now),
                "held": holds.held(connection, site_id=site_id),
                "backups": shown(backups_of(connection, site_id, site.tz, now, allowed_age(parts)), now),
                "standings": STANDINGS,
            }
            chosen, working = range_of(request), [host for host in hosts if host.revoked_at is None]
            health = {host.id: health_of(connection, host.id, chosen, now, host) for host in working[:CHARTED]}
        return render(
            reader_of(request, now), "site.html", site=site, tz=site.tz, hosts=hosts, tickets=tickets, gaps=gaps,
            health=health, chosen=chosen, ranges=RANGES.values(), causes=CAUSES, **more,
        )  # fmt: skip


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
