"""The running agent as one object: its three loops, its settings, what it says about itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.budgets.policy import Use
from agent.budgets.watch import BudgetWatch
from agent.health.cpu_memory import read_own_use
from agent.health.host import read_host
from agent.health.sampling import Sampler
from agent.health.watch import HealthWatch
from agent.inventory_keeping import InventoryKeeper
from agent.last_words import say_last_words
from agent.logs.counting import CountingIntake
from agent.loop import Loop
from agent.parts import make_bundles, make_courier, make_payloads, make_probing, make_reader, make_waiting
from agent.redaction.intake import gate_of
from agent.redaction.redactor import Redactor
from agent.release import VERSION
from agent.settings.model import Settings
from agent.settings.watch import SettingsWatch
from agent.spool.spool import Spool
from agent.status import Status, says_the_same, write_status
from agent.tasks import HealthTask, ReaderTask, UplinkTask
from agent.told import tell
from agent.uplink.delivery import Luck
from agent.uplink.port import HeldTransport, Transport
from agent.vendor.task import VendorTask
from wire.catalogue.model import Catalogue
from wire.envelope import Document

STATUS_S: Final = 2.0  # between two looks whether there is anything new to write
STATUS_STALE_S: Final = 30.0  # then it is written all the same, as a sign of life
STOP_S: Final = 5.0

_log = logging.getLogger("sitewarden")


class Monitor:
    """Starts, reloads, describes and stops the agent."""

    def __init__(
        self,
        watch: SettingsWatch,
        spool: Spool,
        luck: Luck,
        *,
        connect: Callable[[Settings], Transport],
        connect_to_wait: Callable[[Settings], HeldTransport],
        pid: int,
        redaction_key: bytes,
    ) -> None:
        settings = watch.loaded.settings
        self._watch = watch
        self._spool, self._redaction_key = spool, redaction_key
        self._gate = gate_of(spool, settings, redaction_key)
        self._luck, self._pid, self._started_at = luck, pid, luck.now()
        self._status_at = self._written_at = 0.0
        self._written: Status | None = None
        self._reload_due = False
        self._told: list[str] = []
        self._host = read_host()
        self._loops: dict[str, Loop] = {}
        self._folder = Path(settings.state)
        self._budgets = BudgetWatch(self._gate, settings.budgets, measure=self._own_use, hostname=self._host.hostname)
        self._counts = CountingIntake(self._budgets.intake, self._folder, luck.now)
        self._reader = make_reader(settings, self._counts, lambda: self._wake("reader"))
        self._inventory = InventoryKeeper(self._gate, self._host, self._reader.problems, self._catalogues, luck)
        self._uplink = self._made_uplink(settings, connect)
        self._courier = make_courier(settings, self._gate, self._uplink, luck)
        self._bundles = make_bundles(settings, self._gate, self._uplink, luck, lambda: connect(watch.loaded.settings))
        self._courier.on_collected = self._take_bundle
        self._vendor = self._made_vendor(settings, connect)
        self._payloads = make_payloads(settings, self._uplink, luck, connect, self._vendor, self._courier)
        self._health_watch = self._made_health(settings)
        self._health = HealthTask(self._health_watch, luck, name=self._agent_name)
        self._probing = make_probing(
            settings,
            spool,
            self._gate,
            self._uplink,
            luck,
            catalogues=self._catalogues,
            hostname=self._host.hostname,
            wake=lambda: self._wake("probes"),
        )
        self._waiting = make_waiting(settings, connect_to_wait, self._uplink, luck, self._report_now)
        self._loops = self._made_loops()
        spool.on_deposit = self._loops["uplink"].wake

    def _made_health(self, settings: Settings) -> HealthWatch:
        return HealthWatch(
            self._gate,
            settings.health,
            sampler=Sampler(self._spool.place.session),
            hostname=self._host.hostname,
            monotonic=self._luck.monotonic,
        )

    def _made_uplink(self, settings: Settings, connect: Callable[[Settings], Transport]) -> UplinkTask:
        return UplinkTask(
            self._spool,
            settings,
            self._luck,
            connect=connect,
            on_interval=self._pace,
            on_new_name=self._announce,
            on_documents=self._take_documents,
        )

    def _made_vendor(self, settings: Settings, connect: Callable[[Settings], Transport]) -> VendorTask:
        return VendorTask(
            settings,
            connect=connect,
            identity=lambda: self._uplink.identity,
            luck=self._luck,
            on_change=self._reload_soon,
        )

    def _made_loops(self) -> dict[str, Loop]:
        return {
            "reader": Loop("reader", ReaderTask(self._reader, self._luck.now).turn),
            "health": Loop("health", self._health.turn),
            "probes": Loop("probes", self._probing.turn),
            "uplink": Loop("uplink", self._uplink.turn),
            "courier": Loop("courier", self._courier.turn),
            "vendor": Loop("vendor", lambda: min(self._vendor.turn(), self._payloads.turn())),
            "bundles": Loop("bundles", self._bundles.turn),
            "waiting": Loop("waiting", self._waiting.turn),
        }

    @property
    def source_count(self) -> int:
        """How many sources the settings name."""
        return len(self._watch.loaded.settings.sources)

    def start(self) -> None:
        """Start the loops; the inventory is deposited first, so that it opens the first batch."""
        self._inventory.send()
        for loop in self._loops.values():
            loop.start()

    def tick(self, *, force_reload: bool = False) -> None:
        """Look after settings, inventory and status; called every two seconds, and when a signal comes."""
        is_due, self._reload_due = self._reload_due, False
        loaded = self._watch.poll(force=force_reload or is_due)
        if loaded is not None:
            self._take_settings(loaded.settings)
        problems = [str(problem) for problem in self._watch.problems]
        if problems != self._told:
            self._told = problems
            for problem in problems:
                _log.error("%s; the settings from before stay in force", problem)
        now_s = self._luck.monotonic()
        self._inventory.look()
        if loaded is not None or now_s - self._status_at >= STATUS_S:
            self._status_at = now_s
            self._spool.tend()
            self._budgets.look(self._luck.now())
            self._gate.send_released()
            self._counts.turn()
            self._refresh_status(now_s)

    def stop(self) -> None:
        """End the loops; the uplink gets a moment to send what waits."""
        self._loops["waiting"].stop(0)
        self._waiting.hang_up()
        if self._loops["reader"].stop(STOP_S):
            self._reader.close()
        self._loops["health"].stop(STOP_S)
        self._loops["probes"].stop(STOP_S)
        self._loops["waiting"].stop(STOP_S)
        self._loops["courier"].stop(STOP_S)
        self._loops["vendor"].stop(STOP_S)
        self._loops["bundles"].stop(STOP_S)
        if self._loops["uplink"].stop(STOP_S):
            say_last_words(self._spool, self._uplink.turn, self._luck)
        self.write_status()

    def write_status(self) -> None:
        """Write what `status` shows."""
        self._written = self._status(self._luck.now(), read_own_use())
        self._written_at = self._luck.monotonic()
        write_status(self._folder, self._written)

    def _refresh_status(self, now_s: float) -> None:
        is_fresh = self._written is not None and now_s - self._written_at < STATUS_STALE_S
        if not (is_fresh and says_the_same(self._status(self._luck.now(), (0, 0.0)), self._written)):
            self.write_status()

    def _take_settings(self, settings: Settings) -> None:
        self._spool.adjust(settings.spool)
        self._gate.redactor = Redactor(settings.redaction, self._redaction_key)
        self._budgets.settings = settings.budgets
        self._health_watch.settings = settings.health
        self._probing.change_settings(settings)
        self._loops["probes"].wake()
        self._uplink.change_settings(settings)
        self._waiting.change_settings(settings)
        if settings != self._vendor.settings:
            self._vendor.change_settings(settings)
            self._payloads.settings = settings
            self._loops["vendor"].wake()
        self._reader.reload(settings.sources)
        self._loops["reader"].wake()
        self._inventory.is_due = True
        self._loops["uplink"].wake()
        _log.info("new settings are in force: %d sources", len(settings.sources))

    def _reload_soon(self) -> None:
        """A catalogue of the vendor has changed: the next tick reads the settings again."""
        self._reload_due = True

    def _wake(self, name: str) -> None:
        """Something waits for that loop, if it is there already."""
        loop = self._loops.get(name)
        if loop is not None:
            loop.wake()

    def _announce(self) -> None:
        """The host got another name: the collector knows nothing of it yet."""
        self._inventory.is_due = True
        self._probing.begin_anew()

    def _take_documents(self, documents: Sequence[Document]) -> None:
        self._courier.accept(documents)
        self._loops["courier"].wake()
        self._payloads.look_now()
        self._loops["vendor"].wake()

    def _take_bundle(self, digest: str, ticket: str) -> None:
        self._bundles.add(digest, ticket)
        self._wake("bundles")

    def _pace(self, interval_s: float, phase_s: float | None) -> None:
        if self._health.change_interval(interval_s, phase_s):
            self._loops["health"].wake()

    def _report_now(self) -> None:
        """Something is due for this host: it comes with the answer to the next report."""
        self._health.hurry()
        self._loops["health"].wake()

    def _own_use(self) -> Use:
        usage = self._spool.stand().usage
        return Use(self._luck.monotonic(), read_own_use()[1], usage.taken_bytes, usage.taken_events)

    def _catalogues(self) -> Mapping[str, Catalogue]:
        return self._watch.loaded.catalogues

    def _agent_name(self) -> str:
        identity = self._uplink.identity
        return identity.agent if identity else self._host.hostname

    def _status(self, now: datetime, own_use: tuple[int, float]) -> Status:
        stand, report, identity = self._spool.stand(), self._uplink.report, self._uplink.identity
        rss_bytes, cpu_s = own_use
        return Status(
            pid=self._pid,
            version=VERSION,
            started_at=self._started_at.isoformat(timespec="milliseconds"),
            written_at=now.isoformat(timespec="milliseconds"),
            session=stand.place.session,
            settings=str(self._watch.path),
            state=str(self._folder),
            collector=self._watch.loaded.settings.collector,
            enrolled_as=identity.agent if identity else "",
            site=identity.site if identity else "",
            delivery=report.state.value,
            problem=tell(report.problem) if report.problem else None,
            settings_problems=[tell(problem) for problem in self._watch.problems],
            last_ack_at=report.last_ack_at.isoformat(timespec="milliseconds") if report.last_ack_at else "",
            generation=report.generation,
            epoch=stand.place.epoch,
            sealed=stand.place.sealed,
            mark=stand.place.mark,
            waiting_records=stand.usage.waiting_rows + stand.usage.sealed_records,
            spool_bytes=stand.usage.total_bytes,
            spool_full=stand.is_full,
            memory_records=stand.in_memory,
            gaps=stand.gaps,
            parked=stand.parked,
            clock_offset_s=report.clock_offset_s,
            interval_s=self._health.interval_s,
            rss_bytes=rss_bytes,
            cpu_seconds=round(cpu_s, 2),
            unknown_documents=self._courier.refused,
            waiting_documents=self._courier.waiting,
            executor_problem=self._courier.problem,
            vendor=self._vendor.state,
            patch_files=self._payloads.state,
            budgets=self._budgets.state,
            failing_loops=[loop.name for loop in self._loops.values() if loop.failures],
            sources=self._reader.problems(),
        )
