"""Patches, decisions, and what patches ask of hosts, in the database; SQL only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, func, insert, select, update

from collector.patches.model import BACKUP_FRESH, Cure, Decision, DecisionKind, Patch
from collector.patches.published import Published
from collector.patches.standings import Attempt
from collector.relay.repository import PROGRESS
from collector.relay.requests.model import Asked
from collector.store.tables import (
    action_request,
    action_request_host,
    action_result,
    agent,
    backup_proof,
    patch,
    patch_decision,
    software,
    software_list,
    ticket,
)
from collector.store.upserts import upsert
from collector.tickets.search.repository import IS_OPEN
from remediation.patch.manifest import Manifest
from wire.documents.backups import Act
from wire.messages import SoftwareKind, decode_record
from wire.proofs import Passed, PatchProgress, Result

CHUNK: Final = 400  # ids in one statement
ATTEMPTS: Final = 20_000  # newest requests, each on one host, that are looked at
DECISIONS: Final = 5_000  # shown and counted
CURES: Final = 5_000  # open tickets joined with one patch
HOSTS: Final = 20_000

_manifest = msgspec.json.Decoder(Manifest)
_asked = msgspec.json.Decoder(Asked)

# ---------------------------------------------------------------- patches

_row = upsert(patch)
_KEEP = _row.on_conflict_do_update(
    index_elements=[patch.c.product, patch.c.id],
    set_={name: _row.excluded[name] for name in ("digest", "body", "noticed_at", "withdrawn_at")},
)


def keep_patch(connection: Connection, published: Published, now: datetime) -> None:
    """A patch is new, changed, or back."""
    manifest = published.manifest
    row = {"product": manifest.product, "id": manifest.id, "digest": published.digest, "noticed_at": now}
    connection.execute(_KEEP, [{**row, "body": published.body.decode(), "withdrawn_at": None}])


def withdraw(connection: Connection, product: str, patch_id: str, now: datetime) -> None:
    """It is published no more."""
    mine = (patch.c.product == product) & (patch.c.id == patch_id)
    connection.execute(update(patch).where(mine).values(withdrawn_at=now))


def list_patches(connection: Connection) -> list[Patch]:
    """Every patch, the newest first, withdrawn ones last."""
    query = select(patch).order_by(patch.c.withdrawn_at.is_not(None), patch.c.noticed_at.desc(), patch.c.id)
    return [_patch(row) for row in connection.execute(query)]


def find_patch(connection: Connection, product: str, patch_id: str) -> Patch | None:
    """The patch of that name."""
    row = connection.execute(select(patch).where(patch.c.product == product, patch.c.id == patch_id)).first()
    return None if row is None else _patch(row)


def patches_named(connection: Connection, patch_id: str) -> list[Patch]:
    """The patches of that id, of whatever product."""
    return [_patch(row) for row in connection.execute(select(patch).where(patch.c.id == patch_id))]


def _patch(row: Any) -> Patch:
    return Patch(_manifest.decode(row.body), row.digest, row.noticed_at, row.withdrawn_at)


# ---------------------------------------------------------------- decisions


def add_decision(connection: Connection, **values: Any) -> int:
    """Note what a customer said; its id."""
    return int(connection.execute(insert(patch_decision).values(values).returning(patch_decision.c.id)).scalar_one())


def end_decision(connection: Connection, decision: int, *, by: str, now: datetime) -> None:
    """It counts no more."""
    mine = (patch_decision.c.id == decision) & patch_decision.c.ended_at.is_(None)
    connection.execute(update(patch_decision).where(mine).values(ended_at=now, ended_by=by))


def decisions(connection: Connection, product: str | None = None, patch_id: str | None = None) -> list[Decision]:
    """Those that count, of all patches or of one, the newest first."""
    query = select(patch_decision).where(patch_decision.c.ended_at.is_(None))
    if product is not None and patch_id is not None:
        query = query.where(patch_decision.c.product == product, patch_decision.c.patch == patch_id)
    return [_decision(row) for row in connection.execute(query.order_by(patch_decision.c.id.desc()).limit(DECISIONS))]


def find_decision(connection: Connection, site: str, product: str, patch_id: str) -> Decision | None:
    """What counts at a site."""
    query = select(patch_decision).where(
        patch_decision.c.ended_at.is_(None),
        patch_decision.c.site_id == site,
        patch_decision.c.product == product,
        patch_decision.c.patch == patch_id,
    )
    row = connection.execute(query.order_by(patch_decision.c.id.desc())).first()
    return None if row is None else _decision(row)


def lapsed_decisions(connection: Connection, now: datetime, limit: int) -> list[Decision]:
    """Deferrals whose day has come."""
    query = select(patch_decision).where(patch_decision.c.ended_at.is_(None), patch_decision.c.until <= now)
    return [_decision(row) for row in connection.execute(query.order_by(patch_decision.c.id).limit(limit))]


def _decision(row: Any) -> Decision:
    return Decision(
        row.id, row.site_id, row.product, row.patch, DecisionKind(row.kind), row.until, row.reason, row.said_by,
        row.made_by, row.made_at,
    )  # fmt: skip


# ---------------------------------------------------------------- hosts


def host_stamps(connection: Connection) -> list[Any]:
    """(id, site, name, agent's version, last seen, silent since, digest of its modules) of every host with modules."""
    is_modules = (software_list.c.agent_id == agent.c.id) & (software_list.c.kind == SoftwareKind.MODULE.value)
    query = (
        select(
            agent.c.id, agent.c.site_id, agent.c.hostname, agent.c.agent_version, agent.c.last_seen_at,
            agent.c.silent_since, software_list.c.digest, software_list.c.taken_at,
        )
        .join(software_list, is_modules)
        .where(agent.c.revoked_at.is_(None))
        .limit(HOSTS)
    )  # fmt: skip
    return list(connection.execute(query).all())


def modules_of(connection: Connection, agents: Sequence[str]) -> dict[str, list[tuple[str, str, datetime]]]:
    """Agent -> (PRODUCT/MODULE, version, since) of its modules."""
    found: dict[str, list[tuple[str, str, datetime]]] = defaultdict(list)
    columns = (software.c.agent_id, software.c.name, software.c.version, software.c.changed_at)
    query = select(*columns).where(software.c.kind == SoftwareKind.MODULE.value)
    for at in range(0, len(agents), CHUNK):
        for row in connection.execute(query.where(software.c.agent_id.in_(agents[at : at + CHUNK]))):
            found[row.agent_id].append((row.name, row.version, row.changed_at))
    return found


def backed_up(connection: Connection, now: datetime) -> frozenset[str]:
    """Hosts with a good backup that is fresh."""
    query = select(backup_proof.c.agent_id).where(
        backup_proof.c.ended_at > now - BACKUP_FRESH,
        backup_proof.c.act == Act.BACKUP.value,
        backup_proof.c.is_good.is_(True),
    )
    return frozenset(connection.execute(query.distinct()).scalars())


# ---------------------------------------------------------------- attempts


def attempts(connection: Connection) -> list[Attempt]:
    """Requests to apply a patch, on each host, the oldest first."""
    query = (
        select(action_request, action_request_host, ticket.c.number)
        .join(action_request_host, action_request_host.c.request_id == action_request.c.id)
        .outerjoin(ticket, ticket.c.id == action_request.c.ticket_id)
        .where(action_request.c.body.contains('"patch":', autoescape=True))
        .order_by(action_request.c.made_at.desc(), action_request.c.id)
        .limit(ATTEMPTS)
    )
    rows = connection.execute(query).all()
    steps = _steps_of(connection, {row.digest for row in rows if row.state == "failed"})
    found = [
        Attempt(row.agent_id, _asked.decode(row.body), row.state, row.obstacle, row.changed_at, row.id,
                row.number or "", steps.get((row.digest, row.agent_id), ""))
        for row in rows
    ]  # fmt: skip
    return found[::-1]


def _steps_of(connection: Connection, digests: Iterable[str | None]) -> Mapping[tuple[str, str], str]:
    """Where each failed: (digest, agent) -> the step, as the host's newest result says."""
    wanted = sorted(digest for digest in digests if digest)
    found: dict[tuple[str, str], str] = {}
    for at in range(0, len(wanted), CHUNK):
        query = select(action_result).where(action_result.c.digest.in_(wanted[at : at + CHUNK]))
        for row in connection.execute(query.order_by(action_result.c.id)):
            result = decode_record(row.body.encode())
            if isinstance(result, Result):
                found[row.digest, row.agent_id] = result.step
    return found


# ---------------------------------------------------------------- tickets


def passed_states(connection: Connection, requests: Iterable[str]) -> dict[tuple[str, str], list[Passed]]:
    """What patches have passed on hosts, as these said: (request, agent) -> states, the oldest first."""
    wanted = sorted(set(requests))
    found: dict[tuple[str, str], list[Passed]] = {}
    for at in range(0, len(wanted), CHUNK):
        query = (
            select(action_request.c.id, action_result.c.agent_id, action_result.c.body)
            .join(action_result, action_result.c.digest == action_request.c.digest)
            .where(action_request.c.id.in_(wanted[at : at + CHUNK]), action_result.c.outcome == PROGRESS)
        )
        for row in connection.execute(query):
            told = decode_record(row.body.encode())
            if isinstance(told, PatchProgress):
                found[row.id, row.agent_id] = list(told.states)
    return found


def cures(connection: Connection, found: Patch) -> list[Cure]:
    """Open tickets with the codes that a patch cures, the worst and newest first."""
    query = _cures().where(ticket.c.product == found.product, ticket.c.module == found.manifest.module)
    return [Cure(*row) for row in connection.execute(query.where(ticket.c.code.in_(found.manifest.fixes)))]


def open_by_code(connection: Connection) -> dict[tuple[str, str, str], list[tuple[str, int]]]:
    """(product, module, code) -> (site, how many) of its open tickets."""
    columns = (ticket.c.product, ticket.c.module, ticket.c.code, ticket.c.site_id)
    query = select(*columns, func.count()).where(IS_OPEN, ticket.c.kind == "fault").group_by(*columns)
    found: dict[tuple[str, str, str], list[tuple[str, int]]] = defaultdict(list)
    for product, module, code, site, count in connection.execute(query):
        found[product, module, code].append((site, count))
    return found


def _cures() -> Select[Any]:
    names = ("number", "site_id", "module", "code", "level", "title")
    columns = [ticket.c[name] for name in names]
    query = select(*columns).where(IS_OPEN, ticket.c.kind == "fault")
    return query.order_by(ticket.c.level, ticket.c.id.desc()).limit(CURES)
