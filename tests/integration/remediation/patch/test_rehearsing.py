"""A patch tried on a copy: there and back, on three real engines, and the live side is never touched."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remediation.backup.app import open_site, tools
from remediation.backup.keeping import SiteBackup
from remediation.backup.keys.key_file import write_key
from remediation.backup.model import Step
from remediation.backup.policy_file import (
    BackupPolicy,
    DatabaseRule,
    LimitsRule,
    ProvingRule,
    ScheduleRule,
    TargetRule,
    WhatRule,
)
from remediation.backup.programs import Programs
from remediation.backup.scratch.bench import Bench
from remediation.backup.scratch.servers import ScratchServers
from remediation.patch.manifest import DatabaseStep, Gate, Layout, Manifest, Probe, Undoing
from remediation.patch.rehearsing import Stage, rehearse
from tests.fakes.patched_databases import KINDS, Clinic, clinic, migration, step
from tests.fakes.patched_site import MadePayload, PatchedSite
from wire.documents.backups import Act, Deed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(170)]

DIGEST = "d" * 64


class Copied:
    """A product with a clinic's database, saved once."""

    def __init__(self, folder: Path, live: Clinic, layout: Layout = Layout.IN_PLACE) -> None:
        self.folder = folder
        self.live = live
        self.product = PatchedSite(folder, layout).make()
        setting = live.setting
        rule = DatabaseRule(
            name="data", engine=setting.engine, path=setting.path, database=setting.database,
            port=setting.port, user=setting.user, password_file=setting.password_file,
        )  # fmt: skip
        self.policy = BackupPolicy(
            version=1,
            site="seoul",
            host="app-1",
            state=str(folder / "state"),
            target=TargetRule(address=str(folder / "target"), key_file=str(folder / "backup.key")),
            what=WhatRule(trees=[str(self.product.root)], databases=[rule]),
            schedule=ScheduleRule(every_s=3_600),
            limits=LimitsRule(stage_free_bytes=0, nice=0),
            drills=ProvingRule(account="nobody" if os.geteuid() == 0 else ""),
        )
        write_key(folder / "backup.key", b"k" * 32)
        self.site: SiteBackup = open_site(self.policy, None)
        (deed,) = self.site.run(lambda _: None)
        assert deed.is_good, deed
        self.told: list[Step] = []

    def rehearsed(self, *steps: DatabaseStep, with_files: bool = True, **fields: Any) -> Deed:
        manifest = self.manifest(*steps, **fields)
        programs = Programs(time.monotonic)
        stage = Stage(
            policy=self.policy,
            settings={"clinic": self.live.setting},
            archive=self.site.engine(),
            scratch=ScratchServers(Bench(programs, time.monotonic, account=self.policy.drills.account)),
            programs=programs,
            folder=self.folder / "state/rehearsal",
            means=tools().means,
            tell=self.told.append,
        )
        deed = rehearse(manifest, DIGEST, MadePayload() if with_files else None, stage, snapshot="latest")
        assert not stage.folder.exists(), "nothing of it is left"
        assert self.product.version() == "old"
        assert self.live.version() == "old"
        assert self.live.mark_count() == 0
        return deed

    def manifest(self, *steps: DatabaseStep, **fields: Any) -> Manifest:
        made = PatchedSite(self.folder, self.product.layout, database=list(steps), **fields)
        return made.manifest


@pytest.fixture(scope="module", params=KINDS)
def copied(request: pytest.FixtureRequest) -> Iterator[Copied]:
    folder = Path(tempfile.mkdtemp(prefix="sw-reh-"))
    folder.chmod(0o711)
    try:
        with clinic(request.param, folder) as live:
            live.make()
            yield Copied(folder, live)
    finally:
        shutil.rmtree(folder)


def test_there_and_back_on_a_copy_of_files_and_database(copied: Copied) -> None:
    kind = copied.live.kind
    deed = copied.rehearsed(*migration(kind), gate=Gate(probes=[Probe(name="up", kind="tcp", target="127.0.0.1:1")]))
    assert (deed.is_good, deed.reason, deed.act) == (True, "", Act.REHEARSAL), deed
    assert (deed.patch, deed.patch_digest, bool(deed.snapshot)) == ("his-2.0", DIGEST, True)
    counts = {name: count for name, count in deed.counts.items() if not name.endswith("_ms")}
    files = len(copied.manifest().files)
    assert counts == {"files": files, "databases": 1, "steps": 2, "untried_services": 2, "untried_probes": 1}
    assert copied.told


def test_a_migration_that_fails_on_this_sites_own_rows_is_found_before_the_window(copied: Copied) -> None:
    kind = copied.live.kind
    undoing = Undoing.SNAPSHOT if kind == "mariadb" else Undoing.TRANSACTION
    unique = step(kind, "CREATE UNIQUE INDEX one_ward ON patients (ward)", undoing=undoing)
    deed = copied.rehearsed(unique)
    assert not deed.is_good
    assert "refuses" in deed.reason
    assert "unique" in deed.reason.lower() or "duplicate" in deed.reason.lower(), deed.reason


@pytest.fixture(scope="module")
def small() -> Iterator[Copied]:
    """Where the engine does not matter."""
    folder = Path(tempfile.mkdtemp(prefix="sw-reh-"))
    try:
        with clinic("sqlite", folder) as live:
            live.make()
            yield Copied(folder, live, Layout.RELEASES)
    finally:
        shutil.rmtree(folder)


def test_a_way_back_that_loses_rows_is_found(small: Copied) -> None:
    kind = "sqlite"
    back = step(kind, "CREATE TABLE notes (id INTEGER PRIMARY KEY)", undoing=Undoing.BACKWARD,
                backward=["DROP TABLE notes", "DELETE FROM patients WHERE id = 1"])  # fmt: skip
    deed = small.rehearsed(back)
    assert not deed.is_good
    assert "patients has 29 rows instead of 30" in deed.reason
    never = step(kind, "DELETE FROM patients WHERE id = 1", undoing=Undoing.NEVER)
    only_there = small.rehearsed(never)
    assert (only_there.is_good, only_there.counts["untried_ways_back"]) == (True, 1)


def test_statements_that_nobody_approved_reach_no_other_file(small: Copied) -> None:
    live = small.live.setting.path
    deed = small.rehearsed(step("sqlite", f"ATTACH '{live}' AS live", undoing=Undoing.SNAPSHOT))
    assert not deed.is_good
    assert "not authorized" in deed.reason


def test_releases_too_and_without_their_files_it_says_so(small: Copied) -> None:
    assert small.rehearsed().counts["files"] == len(small.manifest().files)
    without = small.rehearsed(with_files=False)
    assert (without.is_good, without.counts["untried_files"]) == (True, len(small.manifest().files))


def test_files_that_the_patch_is_not_for_are_found(small: Copied) -> None:
    deed = small.rehearsed(from_tree="0" * 64)
    assert not deed.is_good
    assert "not those that this patch is for" in deed.reason


def test_a_database_that_the_backup_does_not_hold_is_no_success(small: Copied) -> None:
    deed = small.rehearsed(step("sqlite", "SELECT 1", database="other"))
    assert (deed.is_good, deed.reason) == (False, "the backup holds no database other, which the patch changes")


def test_a_target_that_is_away_is_a_rehearsal_that_failed(small: Copied) -> None:
    target = small.folder / "target"
    target.rename(small.folder / "away")
    try:
        deed = small.rehearsed()
    finally:
        (small.folder / "away").rename(target)
    assert not deed.is_good
    assert deed.code in {"target_unavailable", "target_refused"}
