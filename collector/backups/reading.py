"""What is known about the backups of hosts, put together from their proofs.

The proofs were verified when they came and are stored as they were signed; here they are only opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from collector.backups import repository
from collector.backups.model import HostBackups, ProofRecord, Trend
from collector.backups.nights import missed_nights, missing_numbers
from collector.backups.standing import Drill, Verdict, judge
from collector.store.database import Connection
from wire.documents.backups import Act, BackupProof
from wire.documents.envelope import decode_envelope
from wire.errors import Malformed

PROOFS = 400  # of one host that are looked at: a year of nightly backups, a quarter with weekly drills
HOSTS = 50  # of one site


def backups_of(connection: Connection, site_id: str, tz: str, now: datetime, allowed: timedelta) -> list[HostBackups]:
    """The working hosts of a site by name, up to `HOSTS`."""
    drills = repository.drills_of(connection, site_id)
    return [
        _host(connection, (agent, name), (tz, now), allowed, drills.get(agent, []))
        for agent, name in repository.hosts_of(connection, site_id)[:HOSTS]
    ]


def verdicts(connection: Connection, now: datetime, allowed: timedelta) -> dict[str, list[Verdict]]:
    """Of each site the verdicts over its working hosts."""
    drills = repository.drills_of(connection)
    return {
        site: [judge(drills.get(agent, []), now, allowed, has_proofs=told) for agent, told in hosts]
        for site, hosts in repository.told_of(connection).items()
    }


def find_proof(connection: Connection, proof_id: int, site_id: str | None = None) -> tuple[ProofRecord, bytes] | None:
    """One proof, and its envelope as the host signed it."""
    row = repository.find(connection, proof_id, site_id)
    record = None if row is None else _record(row)
    return None if record is None else (record, bytes(row.envelope))


def failing_proof(connection: Connection, site_id: str, code: str, identity: Mapping[str, str]) -> ProofRecord | None:
    """The newest failed deed that a ticket with this code and identity is about; None where nothing was tried."""
    subject = next((value for name, value in identity.items() if name != "host"), "")
    act = Act.COPY if (code, subject) == (FAILED_CODE, Act.COPY) else _ACTS.get(code)
    if act is None:
        return None
    for agent in repository.hosts_named(connection, site_id, identity.get("host", "")):
        for record in _records(repository.newest_of(connection, agent, PROOFS)):
            deed = record.deed
            if deed.act is act and not deed.is_good and (act is not Act.DRILL or subject == f"level {deed.level}"):
                return record
    return None


FAILED_CODE = "HOST-BKF-0001"
_ACTS = {FAILED_CODE: Act.BACKUP, "HOST-PRF-0001": Act.DRILL, "HOST-BKP-0001": Act.PRUNE}
CODES = frozenset(_ACTS) | {"HOST-BKO-0001", "HOST-PRO-0001"}  # those that the probe `backup` raises


def _host(
    connection: Connection, host: tuple[str, str], place: tuple[str, datetime], allowed: timedelta, drills: list[Drill]
) -> HostBackups:
    agent, name = host
    tz, now = place
    proofs = _records(repository.newest_of(connection, agent, PROOFS))
    runs = [record for record in proofs if record.deed.act is Act.BACKUP]
    good = [record for record in runs if record.deed.is_good]
    proven = repository.newest_proven(connection, agent)
    return HostBackups(
        agent=agent,
        hostname=name,
        verdict=judge(drills, now, allowed, has_proofs=bool(proofs)),
        proven=None if proven is None else _record(proven),
        last=good[0] if good else None,
        failing=runs[0] if runs and not runs[0].deed.is_good else None,
        missed=missed_nights([record.at for record in good], now, _zone(tz)),
        lost_proofs=missing_numbers((record.proof.journal, record.proof.number) for record in proofs),
        proofs=proofs,
        trend=_trend(good[::-1]),
    )


def _trend(good: Sequence[ProofRecord]) -> Trend:
    return Trend(
        [record.at for record in good],
        [record.deed.size_bytes for record in good],
        [record.deed.added_bytes for record in good],
        [max(0.0, (record.deed.ended_at - record.deed.started_at).total_seconds()) for record in good],
    )


def _records(rows: Sequence[Any]) -> list[ProofRecord]:
    return [record for record in map(_record, rows) if record is not None]


def _record(row: Any) -> ProofRecord | None:
    try:
        proof = msgspec.json.decode(decode_envelope(row.envelope).payload, type=BackupProof)
    except (Malformed, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return ProofRecord(row.id, row.site_id, row.agent_id, row.at, row.received_at, proof)


def _zone(tz: str) -> ZoneInfo:
    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
