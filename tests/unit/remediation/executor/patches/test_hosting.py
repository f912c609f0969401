from __future__ import annotations

from pathlib import Path

import pytest

from remediation.backup.programs import Program, Programs, Ran
from remediation.executor.patches.hosting import DATABASES_FILE, ORDER, AtBoot, Hosting, Ordered
from remediation.patch.errors import PatchRefused, StepFailed
from remediation.patch.manifest import Service
from remediation.patch.services.services import Means
from tests.fakes.customer import a_policy
from tests.fakes.patched_host import PatchedHost
from tests.fakes.patched_site import FileServices

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
        hosting = Hosting(host.jobs, host.folder, means, lambda: a_policy(patches_without_backup=may))
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
    with pytest.raises(PatchRefused):
        Hosting(host.jobs, host.folder, means, a_policy).host_of(job, host.manifest, lambda: None)
