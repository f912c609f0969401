"""Which probes a host has: one table for those of this package, entry points for others.

A probe from outside is loaded only when the settings name it under `extensions`: whoever may install a
package on the host does not thereby decide what the agent looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from agent.health.probe import Context, Probe
from agent.health.probes.administrators import Administrators
from agent.health.probes.antivirus import Antivirus
from agent.health.probes.backup_standing import BackupStanding
from agent.health.probes.backups import Backups
from agent.health.probes.certificates import Certificates
from agent.health.probes.clock import Clock
from agent.health.probes.load import Load
from agent.health.probes.network import Network
from agent.health.probes.ports import Ports
from agent.health.probes.reboot import Reboot
from agent.health.probes.room import Room
from agent.health.probes.services import Services
from agent.health.probes.software import Software
from agent.health.probes.swap import Swap
from agent.health.probes.tcp import Tcp
from agent.health.probes.updates import Updates
from agent.settings.model import Settings
from agent.settings.probes import Extension, ProbeSettings, WebCheck
from wire.sentence import Sentence, sentence

GROUP: Final = "sitewarden.probes"

Maker = Callable[[Settings, Context], Probe]

# Without configuration; each can be switched off by its name.
DEFAULTS: Final[dict[str, Maker]] = {
    "administrators": lambda settings, context: Administrators(settings.probes.settle_s, context.recall),
    "antivirus": lambda settings, context: Antivirus(settings.probes.antivirus, context.recall),
    "backup": lambda settings, _: BackupStanding(Path(str(settings.backup.folder))),
    "clock": lambda settings, context: Clock(settings.probes.clock_offset_s, context.clock_offset_s),
    "load": lambda settings, _: Load(settings.probes.load_per_cpu),
    "network": lambda settings, context: Network(settings.probes.network_errors_per_s, context.monotonic),
    "ports": lambda settings, context: Ports(settings.probes.settle_s, context.recall),
    "reboot": lambda settings, _: Reboot(settings.probes.reboot_after_s),
    "room": lambda *_: Room(),
    "services": lambda settings, _: Services(settings.probes.services),
    "software": lambda settings, context: Software(context.catalogues, settings.bounds),
    "swap": lambda settings, _: Swap(settings.probes.swap_percent),
    "updates": lambda *_: Updates(),
}


class ExtensionRefused(Exception):
    """A probe from outside cannot be used; the sentence says why and what to do."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


def make_probes(settings: Settings, context: Context) -> tuple[list[Probe], list[Sentence]]:
    """Every probe that these settings ask for, and what is wrong with those that could not be made."""
    probes = [make(settings, context) for name, make in DEFAULTS.items() if name not in settings.probes.off]
    probes += _configured(settings.probes, context)
    problems: list[Sentence] = []
    for extension in settings.probes.extensions:
        try:
            probes.append(load_extension(extension))
        except ExtensionRefused as refused:
            problems.append(refused.why)
    return probes, problems


def _configured(settings: ProbeSettings, context: Context) -> Iterator[Probe]:
    yield from (Tcp(check) for check in settings.tcp)
    yield from (_web(check, context) for check in settings.web)
    yield from _databases(settings)
    yield from (Certificates(settings.certificates, path=path) for path in settings.certificates.files)
    yield from (Certificates(settings.certificates, address=name) for name in settings.certificates.ports)
    yield from (Backups(check) for check in settings.backups)


def _web(check: WebCheck, context: Context) -> Probe:
    from agent.health.probes.web import Web  # noqa: PLC0415  # late: `requests` is five megabytes

    return Web(check, context.monotonic)


def _databases(settings: ProbeSettings) -> Iterator[Probe]:
    if not (settings.postgresql or settings.mariadb or settings.redis):
        return
    from agent.health.probes import mariadb, postgresql, redis_server  # noqa: PLC0415  # late: most hosts have none
    from agent.health.probes.databases import Database  # noqa: PLC0415  # the same

    yield from (Database("postgresql", check, postgresql.ask) for check in settings.postgresql)
    yield from (Database("mariadb", check, mariadb.ask) for check in settings.mariadb)
    yield from (Database("redis", check, redis_server.ask) for check in settings.redis)


def load_extension(extension: Extension) -> Probe:
    """The probe that an installed package offers under this name; `ExtensionRefused` says what is wrong."""
    from importlib.metadata import entry_points  # noqa: PLC0415  # late: half a megabyte that few hosts need

    found = [point for point in entry_points(group=GROUP) if point.name == extension.probe]
    if not found:
        raise ExtensionRefused(
            sentence(
                "no installed package offers the probe {name}; install it beside the agent or remove it from "
                "probes.extensions",
                name=extension.probe,
            )
        )
    name = f"extension {extension.name}"
    try:
        probe: Probe = found[0].load()(name=name, interval_s=extension.interval_s, options=dict(extension.options))
        kept = probe.name
    except Exception as error:  # anybody's code: whatever it raises is a reason not to use it
        raise _unusable(extension, f"{type(error).__name__}: {error}") from error
    if kept != name:  # else it could stand in for a probe of ours
        raise _unusable(extension, f"it calls itself {kept!r} instead of {name!r}")
    return probe


def _unusable(extension: Extension, problem: str) -> ExtensionRefused:
    return ExtensionRefused(
        sentence("the probe {name} cannot be used: {problem}", name=extension.probe, problem=problem)
    )
