"""Patches as a vendor would publish them, facts of hosts, and a database with both."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from collector.patches import repository
from collector.patches.model import Fact, Host, Patch
from collector.patches.published import Published
from collector.store.database import Store
from collector.store.tables import backup_proof, software, software_list
from remediation.patch.manifest import DatabaseStep, Manifest, Undoing
from remediation.patch.reading import manifest_bytes
from wire.catalogue.model import Texts

NOW = datetime(2026, 11, 24, 1, 42, tzinfo=UTC)
STEP = DatabaseStep(
    name="widen", engine="sqlite", database="his", forward=["ALTER TABLE a ADD b"], undoing=Undoing.TRANSACTION
)


def a_manifest(**other: Any) -> Manifest:
    """From 1.8 or 1.9 to 2.0 of HIS/HIS-LIS, one step on a database."""
    given: dict[str, Any] = {
        "id": "his-2.0",
        "product": "his",
        "module": "HIS-LIS",
        "title": Texts(en="Results arrive in time", ko="검사 결과가 제때 도착", zh="检验结果按时到达"),
        "made_at": NOW - timedelta(days=1),
        "from_versions": ["1.8", "1.9"],
        "to_version": "2.0",
        "root": "/opt/his",
        "database": [STEP],
        **other,
    }
    return Manifest(**given)


def a_patch(*, withdrawn: bool = False, **other: Any) -> Patch:
    """As the catalogue keeps it."""
    return Patch(a_manifest(**other), "d" * 64, NOW, NOW if withdrawn else None)


def a_fact(version: str = "1.9", **other: Any) -> Fact:
    """A host with nothing in the way."""
    given: dict[str, Any] = {
        "is_heard": True, "has_backup": True, "disks": (), "has": frozenset(), "agent_version": "0.1.0", **other
    }  # fmt: skip
    return Fact(version, **given)


def a_host(number: int = 1, version: str = "1.9", **other: Any) -> Host:
    """One host with one module."""
    given: dict[str, Any] = {
        "site": f"site-{number}",
        "hostname": f"app-{number}",
        "last_seen_at": NOW,
        "is_heard": True,
        "agent_version": "0.1.0",
        "versions": {"his/HIS-LIS": version},
        "changed_at": {"his/HIS-LIS": NOW - timedelta(days=3)},
        "has_backup": True,
        "free_bytes": {"/": 10**12},
        **other,
    }
    return Host(id=f"agent-{number}", **given)


def published(manifest: Manifest) -> Published:
    """As it was read from a repository."""
    body = manifest_bytes(manifest)
    return Published(manifest, body, hashlib.sha256(body).hexdigest())


def keep_patch(store: Store, now: datetime = NOW, **other: Any) -> Patch:
    """A patch in the database."""
    with store.writing() as connection:
        repository.keep_patch(connection, published(a_manifest(**other)), now)
        [found] = repository.patches_named(connection, a_manifest(**other).id)
    return found


def install(store: Store, agent: str, site: str, versions: dict[str, str], now: datetime = NOW) -> None:
    """The host's list of modules, whole."""
    digest = hashlib.sha256(repr(sorted(versions.items())).encode()).hexdigest()[:32]
    with store.writing() as connection:
        connection.execute(software.delete().where(software.c.agent_id == agent))
        connection.execute(software_list.delete().where(software_list.c.agent_id == agent))
        row = {"agent_id": agent, "kind": "module"}
        connection.execute(software_list.insert().values(**row, digest=digest, taken_at=now, is_sure=True))
        for name, version in versions.items():
            connection.execute(
                software.insert().values(**row, name=name, site_id=site, version=version, changed_at=now)
            )


def back_up(store: Store, agent: str, site: str, ended_at: datetime, number: int = 1, *, is_good: bool = True) -> None:
    """A proof of backup."""
    with store.writing() as connection:
        connection.execute(
            backup_proof.insert().values(
                site_id=site, agent_id=agent, journal="0" * 16, number=number, act="backup", is_good=is_good,
                ended_at=ended_at, received_at=ended_at, envelope=b"{}",
            )
        )  # fmt: skip
