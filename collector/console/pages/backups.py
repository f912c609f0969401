"""Backups of a site: what is proven, what would be lost, every run and drill with the proof that its host signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import JSONResponse, Response

from collector.backups.endpoints import allowed_age, envelope_file
from collector.backups.model import HostBackups
from collector.backups.reading import HOSTS, backups_of
from collector.backups.standing import Standing, site_is_green
from collector.backups.view import would_be_lost_s
from collector.console import repository as rows
from collector.console.model import SiteRecord
from collector.console.page import reader_of, render
from collector.parts import Parts
from wire.sentence import Sentence, sentence

PROOFS_SHOWN = 60  # of one host; the API and the command have more
MISSED_SHOWN = 10

# tone, icon, words
STANDINGS: dict[Standing, tuple[str, str, Sentence]] = {
    Standing.PROVEN: ("ok", "met", sentence("Proven")),
    Standing.FAILED: ("late", "late", sentence("Drill failed")),
    Standing.OLD: ("warn", "warn", sentence("Proof too old")),
    Standing.UNPROVEN: ("warn", "warn", sentence("Not proven")),
    Standing.UNKNOWN: ("", "silent", sentence("Nothing known")),
}


@dataclass(frozen=True)
class Shown:
    """A host's backups, and what of it depends on now."""

    host: HostBackups
    lost: timedelta | None  # what would be lost: the age of the newest proven snapshot
    saved_ago: timedelta | None


def backup_routes(router: APIRouter, parts: Parts) -> None:
    """`/sites/{site_id}/backups`, its charts' numbers, and the proofs to download."""

    @router.get("/sites/{site_id}/backups")
    def show(request: Request, site_id: str) -> Response:
        site, hosts, now = _found(parts, site_id)
        return render(
            reader_of(request, now), "backups.html", site=site, tz=site.tz, hosts=shown(hosts, now),
            is_green=site_is_green([host.verdict for host in hosts]), standings=STANDINGS, proofs_shown=PROOFS_SHOWN,
            missed_shown=MISSED_SHOWN, proof_days=allowed_age(parts).days, hosts_shown=HOSTS,
        )  # fmt: skip

    @router.get("/sites/{site_id}/backups/{agent_id}.json")
    def numbers(request: Request, site_id: str, agent_id: str) -> Response:
        site, hosts, now = _found(parts, site_id)
        host = next((host for host in hosts if host.agent == agent_id), None)
        if host is None:
            raise HTTPException(404)
        words = reader_of(request, now).words
        size, added = str(words.say(sentence("Snapshot"))), str(words.say(sentence("Added")))
        return JSONResponse({"tz": site.tz, **_charts(host, now, size, added, str(words.say(sentence("Duration"))))})

    @router.get("/sites/{site_id}/proofs/{proof_id}")
    def envelope(site_id: str, proof_id: str) -> Response:
        found = envelope_file(parts, proof_id, site_id)
        if found is None:
            raise HTTPException(404)
        return found


def shown(hosts: list[HostBackups], now: datetime) -> list[Shown]:
    """Hosts as the pages show them."""
    return [Shown(host, _span(would_be_lost_s(host, now)), now - host.last.at if host.last else None) for host in hosts]


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _found(parts: Parts, site_id: str) -> tuple[SiteRecord, list[HostBackups], datetime]:
    now = parts.now()
    with parts.store.reading() as connection:
        site = rows.find_site(connection, site_id)
        if site is None:
            raise HTTPException(404)
        return site, backups_of(connection, site_id, site.tz, now, allowed_age(parts)), now


def _charts(host: HostBackups, now: datetime, size: str, added: str, duration: str) -> dict[str, Any]:
    """Columns as charts.js takes them: each backup is one point, so least and greatest are the value itself."""
    trend = host.trend
    times = [at.timestamp() for at in trend.at]
    charts: list[tuple[str, str, dict[str, Sequence[float]]]] = [
        ("size", "bytes", {size: trend.sizes, added: trend.added}),
        ("duration", "seconds", {duration: trend.seconds}),
    ]
    return {
        "from": min([*times, now.timestamp() - 86_400]),
        "to": now.timestamp(),
        "charts": [
            {"name": name, "unit": unit, "lines": list(lines), "times": times}
            | {column: list(lines.values()) for column in ("mean", "low", "high")}
            for name, unit, lines in charts
        ],
    }
