from __future__ import annotations

from pathlib import Path

import pytest

from remediation.backup.programs import Program, Programs, Ran
from remediation.executor.patches.hosting import DATABASES_FILE, ORDER, AtBoot, Hosting, Ordered
from remediation.executor.patches.own_backup import BackupCall
from remediation.patch.errors import PatchRefused, StepFailed
from remediation.patch.manifest import Needs, Service
from remediation.patch.services.services import Means
from tests.fakes.customer import NOW, a_policy
from tests.fakes.patched_databases import step
from tests.fakes.patched_host import PatchedHost
from tests.fakes.patched_site import FileServices
from tests.fakes.typed_backup import TypedBackup

UNIT = Service(name="app", unit="app.service")
LISTS = Service(name="tool", start=["/bin/true"], stop=["/bin/true"], status=["/bin/true"])


class Noted(Programs):
    """Starts nothing."""

    def __init__(self) -> None:
        super().__init__(lambda: 0.0)
        self.ran: list[tuple[str, ...]] = []

    def run(self, program: Program, *_: object, **__: object) -> Ran:
        self.ran.append(program.argv)
        return Ran(exit_code=0)


@pytest.fixture
def services(tmp_path: Path) -> FileServices:
    (tmp_path / "services").mkdir()
    return FileServices(tmp_path / "services")


def test_from_the_first_hold_on_a_boot_starts_a_unit_after_the_recovery(services: FileServices, tmp_path: Path) -> None:
    ordered = Ordered(services, tmp_path / "units")
    ordered.hold([UNIT, LISTS])
    path = tmp_path / "units/app.service.d" / ORDER
    assert "After=sitewarden-patch-recover.service" in path.read_text()
    assert (services.folder / "held").exists()
    ordered.let_go([UNIT])
    assert path.exists()
    assert not (services.folder / "held").exists()
    ordered.start(UNIT)
    assert ordered.is_running(UNIT)
    ordered.stop(UNIT)
    assert not ordered.is_running(UNIT)


def test_at_boot_a_unit_is_asked_for_and_not_waited_for(services: FileServices) -> None:
    programs = Noted()
    boot = AtBoot(services, programs)
    assert not boot.is_running(UNIT)
    boot.start(UNIT)
    assert programs.ran == [("systemctl", "start", "--no-block", "app.service")]
    assert services.calls == []
    boot.hold([LISTS])
    boot.let_go([LISTS])
    boot.start(LISTS)
    boot.stop(LISTS)
    assert services.calls == ["start tool", "stop tool"]


def test_without_a_backup_policy_only_the_local_policy_lets_files_be_changed(tmp_path: Path) -> None:
    host = PatchedHost(tmp_path)
    host.ask()
    (job,) = host.jobs.all()
    means = Means(Noted(), lambda: 0.0, lambda _: None, drop_ins=tmp_path / "units")

    def backups(*, may: bool) -> str:
        hosting = Hosting(host.jobs, host.folder, means, lambda: a_policy(patches_without_backup=may), lambda: NOW)
        return hosting.host_of(job, host.manifest, lambda: None).backups.save("p")

    assert backups(may=True)
    with pytest.raises(StepFailed):
        backups(may=False)


def test_settings_of_databases_that_cannot_be_read_refuse(tmp_path: Path) -> None:
    host = PatchedHost(tmp_path)
    host.ask()
    (job,) = host.jobs.all()
    path = host.folder / DATABASES_FILE
    path.write_text("databases: 1\n")
    path.chmod(0o600)
    means = Means(Noted(), lambda: 0.0, lambda _: None, drop_ins=tmp_path / "units")
    manifest = host.a_manifest(database=[step("sqlite", "SELECT 1")])
    with pytest.raises(PatchRefused):
        Hosting(host.jobs, host.folder, means, a_policy, lambda: NOW).host_of(job, manifest, lambda: None)


def hosting_of(host: PatchedHost, backup: BackupCall | None = None, **policy: object) -> Hosting:
    means = Means(Noted(), lambda: 0.0, lambda _: None)
    return Hosting(host.jobs, host.folder, means, lambda: a_policy(**policy), lambda: NOW, backup)


def settings_in(folder: Path, text: str) -> None:
    (folder / DATABASES_FILE).write_text(text)
    (folder / DATABASES_FILE).chmod(0o600)


def a_backup(folder: Path) -> BackupCall:
    """A policy with its key."""
    site = TypedBackup(folder / "own")
    (folder / "own/backup.key").write_bytes(b"key")
    return BackupCall(site.policy, ("/bin/true",))


def test_why_a_host_is_not_ready_is_told_before_anybody_approves(tmp_path: Path) -> None:
    host = PatchedHost(tmp_path)
    with_steps = host.a_manifest(database=[step("sqlite", "SELECT 1")])
    assert "no backup policy" in hosting_of(host, patches_without_backup=True).why_not_ready(with_steps)
    assert hosting_of(host, patches_without_backup=True).why_not_ready(host.manifest) == ""
    assert "no backup policy" in hosting_of(host).why_not_ready(host.manifest)
    ready = hosting_of(host, a_backup(tmp_path))
    assert ready.why_not_ready(host.manifest) == ""
    assert "no database clinic" in ready.why_not_ready(with_steps)
    settings_in(host.folder, "databases: {clinic: {engine: mariadb, database: x}}\n")
    assert "is mariadb on this host" in ready.why_not_ready(with_steps)
    settings_in(host.folder, f"databases: {{clinic: {{engine: sqlite, path: {tmp_path}/gone.db}}}}\n")
    assert "unable to open" in ready.why_not_ready(with_steps)
    assert ready.why_not_ready(with_steps, ask_databases=False) == "", "the executor asks no database"
    (tmp_path / "own/backup.key").unlink()
    assert "keys init" in ready.why_not_ready(host.manifest)


def test_a_disk_without_room_is_told_before_anybody_approves(tmp_path: Path) -> None:
    host = PatchedHost(tmp_path)
    large = host.a_manifest(needs=Needs(disk_bytes=2**52))
    assert "are free" in hosting_of(host, patches_without_backup=True).why_not_ready(large)
