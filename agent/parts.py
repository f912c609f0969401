"""Makes the parts of the running agent from its settings; `agent.monitor` holds and moves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from agent.bundles.sending import BundleSender
from agent.bundles.task import BundleTask
from agent.courier.backup_proofs import BackupProofs
from agent.courier.courier import Courier
from agent.courier.shelf import Shelf
from agent.health.probing import Probing, Surroundings
from agent.logs.hands import Hands
from agent.logs.reader import LogReader
from agent.logs.watch import DirectoryWatch
from agent.payloads.task import PayloadTask
from agent.redaction.intake import RedactingIntake
from agent.settings.model import Settings
from agent.spool.port import Intake
from agent.spool.spool import Spool
from agent.tasks import UplinkTask
from agent.uplink.delivery import Luck
from agent.uplink.port import HeldTransport, Transport
from agent.uplink.waiting import Waiting, has_executor
from agent.vendor.task import VendorTask
from remediation.executor.client import ExecutorClient
from wire.catalogue.model import Catalogue


def make_reader(settings: Settings, gate: Intake, wake: Callable[[], None]) -> LogReader:
    """Every source, read by a hand of its own, woken by the folders."""
    databases = Path(settings.state) / "scanner"
    return LogReader(settings.sources, gate, DirectoryWatch(wake), databases=databases, hands=Hands())


def make_probing(  # all that probes may touch
    settings: Settings,
    spool: Spool,
    gate: RedactingIntake,
    uplink: UplinkTask,
    luck: Luck,
    *,
    catalogues: Callable[[], Mapping[str, Catalogue]],
    hostname: str,
    wake: Callable[[], None],
) -> Probing:
    """The probes of the settings."""
    around = Surroundings(luck.now, luck.monotonic, lambda: uplink.report.ahead_s, catalogues)
    return Probing(spool, gate.deposit, settings, around, hostname=hostname, wake=wake)


def make_bundles(
    settings: Settings, gate: RedactingIntake, uplink: UplinkTask, luck: Luck, connect: Callable[[], Transport]
) -> BundleTask:
    """What is redacted of the executor's bundles, and where it goes once it was released."""
    sender = BundleSender(connect, lambda: uplink.identity, luck.now, luck.nonce)
    return BundleTask(
        Path(settings.state),
        ExecutorClient(Path(str(settings.executor.socket)), luck.monotonic),
        redactor=lambda: gate.redactor,
        host=lambda: uplink.identity.agent if uplink.identity else "",
        sender=sender,
    )


def make_courier(settings: Settings, gate: RedactingIntake, uplink: UplinkTask, luck: Luck) -> Courier:
    """The way of signed documents to the executor of this host."""
    return Courier(
        Shelf(Path(settings.state)),
        ExecutorClient(Path(str(settings.executor.socket)), luck.monotonic),
        gate,
        backups=BackupProofs(Path(str(settings.backup.folder)), gate),
        identity=lambda: uplink.identity,
        now=luck.now,
        monotonic=luck.monotonic,
    )


def make_payloads(  # all that fetching touches
    settings: Settings,
    uplink: UplinkTask,
    luck: Luck,
    connect: Callable[[Settings], Transport],
    vendor: VendorTask,
    courier: Courier,
) -> PayloadTask:
    """The files of patches from the collector."""
    return PayloadTask(
        settings,
        connect=connect,
        identity=lambda: uplink.identity,
        luck=luck,
        patches=vendor,
        awaited=courier.waiting_for_files,
        on_here=courier.try_again,
    )


def make_waiting(
    settings: Settings,
    connect: Callable[[Settings], HeldTransport],
    uplink: UplinkTask,
    luck: Luck,
    on_due: Callable[[], None],
) -> Waiting:
    """Waiting at the collector for what is due."""
    return Waiting(
        settings,
        connect=connect,
        identity=lambda: uplink.identity,
        has_place=has_executor,
        luck=luck,
        on_due=on_due,
    )
