"""What an attempt may use on this host: its files, services, databases, gate and backup.

At boot services of systemd are only asked for: they wait for the recovery themselves, so that waiting for them would
never end.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from remediation.backup.errors import BackupError
from remediation.backup.programs import Program, Programs
from remediation.durable import flush_folder, write_durably
from remediation.executor.patches.jobs import KEPT, Job, Jobs
from remediation.executor.patches.layout import files_for
from remediation.executor.patches.own_backup import BackupCall, OwnBackup
from remediation.executor.patches.running import MayStop
from remediation.patch.backing import SiteBackups
from remediation.patch.course import Host
from remediation.patch.databases.host import HostDatabases
from remediation.patch.databases.settings import DatabaseSetting, load_settings
from remediation.patch.errors import PatchError, PatchRefused
from remediation.patch.gate.asking import Asking
from remediation.patch.gate.error_counts import FileErrorCounts
from remediation.patch.gate.judge import GateJudge
from remediation.patch.manifest import Manifest, Service
from remediation.patch.port import Services
from remediation.patch.services.services import HostServices, Means
from remediation.trust.policy_file import Policy
from wire.errors import TextRefused
from wire.sentence import sentence

DATABASES_FILE: Final = "databases.yaml"  # in the executor's folder
ORDER: Final = "40-sitewarden-patch.conf"
RECOVERY_UNIT: Final = "sitewarden-patch-recover.service"
ORDER_TEXT: Final = f"# A patch that was cut off is brought to its end first.\n[Unit]\nAfter={RECOVERY_UNIT}\n"
READABLE: Final = 0o644
ASK_S: Final = 20.0


@dataclass(frozen=True)
class Hosting:
    """How the processes of jobs see this host. `policy` gives the local policy as it is now."""

    jobs: Jobs
    executor: Path
    means: Means
    policy: Callable[[], Policy]
    now: Callable[[], datetime]
    backup: BackupCall | None = None
    is_boot: bool = False
    counts: Path | None = None  # the agent's file of known errors

    def host_of(self, job: Job, manifest: Manifest, may_stop: MayStop) -> Host:
        """For one attempt. `PatchRefused` when the settings of this host cannot be read."""
        means = self.means
        ordinary = HostServices(self.jobs.folder, means)
        services: Services = AtBoot(ordinary, means.programs) if self.is_boot else Ordered(ordinary, means.drop_ins)

        def stopped() -> Iterable[str]:
            return [each.name for each in manifest.services if not services.is_running(each)]

        errors = FileErrorCounts(self.counts, manifest.product, self.now, means.sleep) if self.counts else None
        judge = GateJudge(Asking(means.programs, manifest.to_version), stopped, means.monotonic, means.sleep, errors)
        return Host(
            files_for(manifest, job),
            services,
            self.databases(manifest),
            judge,
            self.backups(manifest),
            may_stop,
            self.jobs.home(job.digest) / KEPT,
        )

    def databases(self, manifest: Manifest) -> HostDatabases:
        """Those that the settings name; a patch without steps on databases needs none. `PatchRefused`."""
        settings = self.database_settings() if manifest.database else {}
        return HostDatabases(settings, self.means.programs, self.means.monotonic)

    def backups(self, manifest: Manifest) -> SiteBackups:
        """The site's own, by the policy of the host."""
        call = self.backup if self.backup is not None and self.backup.policy.exists() else None
        runs = None if call is None else OwnBackup(call, self.means.programs, self.now)
        return SiteBackups(runs, manifest, may_go_without=self.policy().patches_without_backup)

    def why_not_ready(self, manifest: Manifest, *, ask_databases: bool = True) -> str:
        """What of backup, databases and room would stop this patch, before anybody approves it; empty: nothing.

        The executor has no network, so that it reads settings only; the job asks the databases before it begins.
        """
        try:
            self.backups(manifest).check()
            databases = self.databases(manifest)
            databases.demand_named(manifest.database)
            if manifest.database and ask_databases:
                databases.check(manifest.database, self.jobs.folder)
            _demand_room(manifest)
        except PatchError as problem:
            return str(problem)
        return ""

    def database_settings(self) -> Mapping[str, DatabaseSetting]:
        """What the file of this host says; `PatchRefused` when it cannot be used."""
        try:
            return load_settings(self.executor / DATABASES_FILE)
        except TextRefused as refused:
            raise PatchRefused(
                sentence("the settings of databases are wrong: {problem}", problem=str(refused))
            ) from refused
        except BackupError as error:
            raise PatchRefused(error.why) from error


def _demand_room(manifest: Manifest) -> None:
    """`PatchRefused` unless the new files, and what the patch says it needs, have room beside the old ones."""
    unpacked = manifest.payload.unpacked_bytes if manifest.payload else 0
    root, needed = Path(manifest.root), max(manifest.needs.disk_bytes, unpacked)
    if manifest.files and root.is_dir() and (free := shutil.disk_usage(root).free) < needed:
        raise PatchRefused(
            sentence(
                "the patch needs {needed} bytes below {root}; {free} are free", needed=needed, root=root, free=free
            )
        )


class Ordered:
    """Services as they are, and from their first hold on no boot starts them before the recovery has ended."""

    def __init__(self, services: Services, drop_ins: Path) -> None:
        self._services = services
        self._drop_ins = drop_ins

    def is_running(self, service: Service) -> bool:
        """As it is."""
        return self._services.is_running(service)

    def stop(self, service: Service) -> None:
        """As it is."""
        self._services.stop(service)

    def start(self, service: Service) -> None:
        """As it is."""
        self._services.start(service)

    def hold(self, services: Sequence[Service]) -> None:
        """The order first: the hold makes the service manager read both."""
        for service in services:
            folder = self._drop_ins / f"{service.unit}.d"
            if service.unit is not None and not (folder / ORDER).exists():
                folder.mkdir(parents=True, mode=0o755, exist_ok=True)
                flush_folder(folder.parent)
                write_durably(folder / ORDER, ORDER_TEXT.encode(), mode=READABLE)
        self._services.hold(services)

    def let_go(self, services: Sequence[Service]) -> None:
        """The order stays: it costs nothing where nothing is to be recovered."""
        self._services.let_go(services)


class AtBoot:
    """Services while the host boots: units have not started yet, and start after us."""

    def __init__(self, services: Services, programs: Programs) -> None:
        self._services = services
        self._programs = programs

    def is_running(self, service: Service) -> bool:
        """A unit does not run before the recovery has ended."""
        return service.unit is None and self._services.is_running(service)

    def stop(self, service: Service) -> None:
        """As it is."""
        self._services.stop(service)

    def start(self, service: Service) -> None:
        """A unit is asked for, and comes when the recovery has ended."""
        if service.unit is None:
            self._services.start(service)
        else:
            self._programs.run(Program(("systemctl", "start", "--no-block", service.unit), ASK_S))

    def hold(self, services: Sequence[Service]) -> None:
        """As it is."""
        self._services.hold(services)

    def let_go(self, services: Sequence[Service]) -> None:
        """As it is."""
        self._services.let_go(services)
