"""A patch with a database step on a host with a policy: its own backup runs first, as a process of its own."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.commands import executor
from agent.commands.executor import backup_call
from agent.commands.saving import wanted_file
from agent.settings.model import BackupSettings, Settings
from agent.settings.reading import read_settings
from remediation.backup.programs import Programs
from remediation.executor.patches.hosting import DATABASES_FILE, Hosting
from remediation.executor.patches.jobs import Job
from remediation.executor.patches.own_backup import deeds_in
from remediation.executor.patches.running import MayStop
from remediation.patch.course import SNAPSHOT, Host
from remediation.patch.manifest import Gate, Manifest, Probe, Undoing
from remediation.patch.services.services import Means
from remediation.patch.state import PatchState
from tests.fakes.patched_databases import step
from tests.fakes.patched_host import PatchedHost
from tests.fakes.typed_backup import TypedBackup
from wire.proofs import Outcome

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

WIDEN = "ALTER TABLE orders ADD COLUMN note TEXT"


class BackedHost(PatchedHost):
    """Its databases, backup and gate are the real ones; only services are files."""

    def __init__(self, folder: Path, **fields: Any) -> None:
        self.backup = TypedBackup(folder / "own", settings=folder / "no-settings.yaml")
        super().__init__(folder, **fields)
        settings = f"databases: {{orders: {{engine: sqlite, path: {self.backup.shop}/orders.db}}}}\n"
        (self.folder / DATABASES_FILE).write_text(settings)
        (self.folder / DATABASES_FILE).chmod(0o600)

    def hosting(self) -> Hosting:
        settings = Settings(collector="http://127.0.0.1:1", backup=BackupSettings(policy=str(self.backup.policy)))
        call = backup_call(settings, self.backup.settings)
        means = Means(Programs(time.monotonic), time.monotonic, time.sleep)
        return Hosting(self.jobs, self.folder, means, self.sources.policy, lambda: datetime.now(UTC), call)

    def host_of(self, job: Job, manifest: Manifest, may_stop: MayStop) -> Host:
        made = self.hosting().host_of(job, manifest, may_stop)
        return Host(made.files, self.site_files.services, made.databases, made.judge, made.backups, may_stop, made.kept)

    def snapshots(self) -> list[str]:
        return [deed.snapshot for deed in deeds_in(self.backup.root / "state/journal")]

    def columns(self) -> str:
        found = self.backup.root / "shop/orders.db"
        return found.read_bytes().partition(b"CREATE TABLE orders")[2][:200].decode(errors="replace")


def steps(*forward: str, undoing: Undoing = Undoing.SNAPSHOT) -> dict[str, Any]:
    return {"database": [step("sqlite", *forward, database="orders", undoing=undoing)], "services": []}


def test_the_snapshot_of_its_own_backup_stands_in_the_journal_before_anything_stops(tmp_path: Path) -> None:
    host = BackedHost(tmp_path, **steps(WIDEN))
    host.backup.good("keys", "init")
    host.ask()
    result = host.go()
    assert (result.outcome, result.step) == (Outcome.DONE, PatchState.CLEAN), result
    records = host.jobs.records(host.jobs.all()[0])
    (snapshot,) = [record.body[SNAPSHOT] for record in records if SNAPSHOT in record.body]
    assert [snapshot] == host.snapshots()
    assert "note TEXT" in host.columns()
    assert host.backup.type("list").out.count(snapshot[:8]) == 1


def test_a_gate_that_fails_brings_files_and_database_back(tmp_path: Path) -> None:
    wrong = Gate(probes=[Probe(name="never", kind="command", argv=["/bin/false"], tries=1, good=1)])
    host = BackedHost(tmp_path, gate=wrong, **steps(WIDEN))
    host.backup.good("keys", "init")
    host.ask()
    result = host.go()
    assert (result.outcome, result.step) == (Outcome.FAILED, PatchState.ROLLED_BACK), result
    assert host.site_files.version() == "old"
    assert "note TEXT" not in host.columns()
    host.backup.sql("INSERT INTO orders VALUES (100, 0)")  # it is a database that takes rows


def test_a_backup_that_fails_leaves_everything_alone(tmp_path: Path) -> None:
    host = BackedHost(tmp_path, **steps(WIDEN))
    host.backup.good("keys", "init")
    host.ask()
    (host.backup.shop / "config.ini").unlink()  # named, so nothing is saved without it
    result = host.go()
    assert (result.outcome, result.step) == (Outcome.FAILED, PatchState.ABANDONED), result
    assert "the backup before the patch his-2.0 failed: named files cannot be read" in result.detail
    assert (host.site_files.version(), host.site_files.services.calls) == ("old", [])
    assert "note TEXT" not in host.columns()


def test_the_unit_learns_from_a_file_of_root_that_a_run_is_due_and_lets_drills_wait(tmp_path: Path) -> None:
    settings = tmp_path / "agent.yaml"
    settings.write_text("collector: http://127.0.0.1:1\nstate: agent\n")
    site = TypedBackup(tmp_path / "own", settings=settings)
    site.good("keys", "init")
    first = site.good("due", "--json").json
    assert [deed["act"] for deed in first["done"]] == ["backup", *["drill"] * 4]
    assert site.good("due", "--json").json["done"] == [], "the control: nothing is due"
    wanted = wanted_file(read_settings(settings).settings)
    wanted.parent.mkdir(parents=True)
    wanted.write_text(datetime.now(UTC).isoformat())
    due = site.good("due", "--json").json
    assert (due["why"], [deed["act"] for deed in due["done"]]) == ("backup-wanted", ["backup"])
    assert site.good("due", "--json").json["done"] == [], "once"


def test_where_systemd_runs_the_backup_is_a_unit_and_else_a_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = Settings(collector="http://127.0.0.1:1", backup=BackupSettings(policy="/etc/sitewarden/backup.yaml"))
    assert "-m" in backup_call(settings, tmp_path / "agent.yaml").argv
    monkeypatch.setattr(executor, "BOOTED", tmp_path)
    monkeypatch.setattr(executor, "UNITS", tmp_path)
    assert "-m" in backup_call(settings, tmp_path / "agent.yaml").argv, "an older installation has no such unit"
    (tmp_path / executor.BACKUP_UNIT).touch()
    call = backup_call(settings, tmp_path / "agent.yaml")
    assert call.argv == ("systemctl", "start", "sitewarden-backup.service")
    assert call.stop == ("systemctl", "stop", "sitewarden-backup.service")


def test_what_makes_a_host_not_ready_is_told_by_the_job_before_it_begins(tmp_path: Path) -> None:
    host = BackedHost(tmp_path, **steps(WIDEN))
    host.backup.good("keys", "init")
    host.ask()
    (host.backup.shop / "orders.db").unlink()
    result = host.go()
    assert (result.outcome, result.step, host.jobs.records(host.jobs.all()[0])) == (Outcome.FAILED, "", [])
    assert "unable to open" in result.detail
    assert host.snapshots() == []
