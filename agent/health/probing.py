"""The probes of a running agent as one object: made from the settings, read in rounds, judged, stored."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent.health.probe_watch import ProbeStore, ProbeWatch
from agent.health.rounds import Rounds
from agent.health.software_sent import SoftwareSent
from agent.health.table import make_probes
from agent.settings.model import Settings
from agent.spool.port import Deposit, SpoolFull
from wire.catalogue.model import Catalogue

FULL_S = 5.0

_log = logging.getLogger("sitewarden")


@dataclass(frozen=True)
class Surroundings:
    """What probes may ask of the agent around them."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    clock_offset_s: Callable[[], float | None]
    catalogues: Callable[[], Mapping[str, Catalogue]]


class Probing:
    """One loop's work: `turn` reads what is due. `change_settings` may come from another thread."""

    def __init__(
        self,
        store: ProbeStore,
        deposit: Callable[[Deposit], None],
        settings: Settings,
        around: Surroundings,
        *,
        hostname: str,
        wake: Callable[[], None],
    ) -> None:
        self._around = around
        self._sent = SoftwareSent(Path(settings.state))
        self._watch = ProbeWatch(store, deposit, hostname=hostname, monotonic=around.monotonic, software=self._sent)
        self._rounds = Rounds(self._watch, now=around.now, monotonic=around.monotonic, wake=wake)
        self._wanted: Settings | None = settings
        self._in_force: Settings | None = None
        self._begins_anew = False

    def change_settings(self, settings: Settings) -> None:
        """Read by these settings from the next turn on."""
        self._wanted = settings

    def begin_anew(self) -> None:
        """The collector knows nothing of this host's software: tell all of it at the next reading."""
        self._begins_anew = True

    def turn(self) -> float:
        """Take new settings, read what is due; seconds until the next turn."""
        if self._begins_anew:
            self._begins_anew = False
            self._sent.begin_anew()
        try:
            self._take_settings()
        except SpoolFull as full:
            _log.warning("probes wait, the spool has no room: %s", full)
            return FULL_S
        return self._rounds.turn()

    def recall(self, probe: str) -> str:
        """What this probe remembered last."""
        return self._watch.recall(probe)

    def catalogues(self) -> Mapping[str, Catalogue]:
        """The vendor's catalogues in force."""
        return self._around.catalogues()

    def clock_offset_s(self) -> float | None:
        """How far this clock is ahead of the collector's."""
        return self._around.clock_offset_s()

    def monotonic(self) -> float:
        """Seconds of a clock that is never set."""
        return self._around.monotonic()

    def _take_settings(self) -> None:
        wanted = self._wanted
        if wanted is None:
            return
        before = self._in_force
        if before is None or (before.probes, before.bounds) != (wanted.probes, wanted.bounds):
            probes, problems = make_probes(wanted, self)
            for problem in problems:
                _log.error("%s", problem)
            self._rounds.change(probes)
        self._in_force, self._wanted = wanted, None
