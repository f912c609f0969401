"""JSON shapes of backups, the same in the API and on the command line. Ages and lengths in seconds, sizes in bytes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from collector.backups.model import HostBackups, ProofRecord
from collector.backups.standing import site_is_green


def site_view(site: str, hosts: list[HostBackups], now: datetime, *, with_proofs: bool = True) -> dict[str, Any]:
    """A site; `with_proofs` all runs and drills too."""
    views = [host_view(host, now, with_proofs=with_proofs) for host in hosts]
    return {"site": site, "is_green": site_is_green([host.verdict for host in hosts]), "hosts": views}


def host_view(host: HostBackups, now: datetime, *, with_proofs: bool) -> dict[str, Any]:
    """A host."""
    deed = host.proven.deed if host.proven else None
    saved = host.last.deed if host.last else None
    view: dict[str, Any] = {
        "agent": host.agent,
        "hostname": host.hostname,
        "standing": host.verdict.standing.value,
        "is_green": host.verdict.is_green,
        "proven_at": _time(host.verdict.proven_at),
        "green_until": _time(host.verdict.green_until),
        "level": deed.level if deed else None,
        "rto_s": deed.rto_s if deed else None,
        "rpo_s": deed.rpo_s if deed else None,
        "would_be_lost_s": would_be_lost_s(host, now),
        "snapshot_at": _time(host.last.at if host.last else None),
        "snapshot_bytes": saved.size_bytes if saved else None,
        "missed_nights": [night.isoformat() for night in host.missed],
        "missing_proofs": host.lost_proofs,
    }
    return view | ({"proofs": [proof_view(each) for each in host.proofs]} if with_proofs else {})


def proof_view(record: ProofRecord) -> dict[str, Any]:
    """One proof; `id` asks for its envelope."""
    deed: dict[str, Any] = msgspec.to_builtins(record.deed)
    return {
        "id": record.id,
        "agent": record.agent,
        "journal": record.proof.journal,
        "number": record.proof.number,
        "received_at": _time(record.received_at),
    } | deed


def would_be_lost_s(host: HostBackups, now: datetime) -> float | None:
    """How old the newest snapshot is that a drill of level 3 or 4 has proven; None when there is none."""
    if host.proven is None:
        return None
    at = min(host.proven.deed.snapshot_at or host.proven.at, host.proven.at)
    return max(0.0, (now - at).total_seconds())


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")
