"""Units of systemd, asked over the system's message bus: no program is started for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from agent.health.message_bus import SYSTEM_BUS, BusRefused, MessageBus, Unit
from agent.health.probe import ProbeFailed, Reading, reading_of
from agent.settings.probes import ServiceChecks

BOOTED = Path("/run/systemd/system")  # exists exactly where systemd is process 1
SETTLE_S = 60.0  # a unit that is being restarted is no fault yet
GOOD = ("active", "reloading")


class Services:
    """A reading for each unit that should be active, and for each that failed."""

    name = "services"

    def __init__(
        self, settings: ServiceChecks, interval_s: float = 60, *, bus: Path = SYSTEM_BUS, booted: Path = BOOTED
    ) -> None:
        self.interval_s = interval_s
        self._settings = settings
        self._bus = bus
        self._booted = booted

    def read(self, now: datetime) -> Iterator[Reading]:  # noqa: ARG002  # the shape of a probe
        """The states of the wanted units and of all that failed; nothing on a host without systemd."""
        if not self._booted.exists() or not (self._bus.exists() or self._settings.active):
            if self._settings.active:
                raise ProbeFailed("systemd does not run here, so that no unit can be looked at")
            return
        try:
            with MessageBus(self._bus) as bus:
                units = bus.units()
        except BusRefused as refused:
            raise ProbeFailed(f"the message bus {self._bus} refused: {refused}") from refused
        yield from self._readings(units)

    def _readings(self, units: list[Unit]) -> Iterator[Reading]:
        for wanted in self._settings.active:
            found = [unit for unit in units if fnmatchcase(unit.name, _full(wanted))]
            is_bad = not found or any(unit.active not in GOOD for unit in found)
            text = "; ".join(f"{unit.name} is {unit.active} ({unit.sub})" for unit in found[:8])
            text = text or f"{wanted} is not loaded"
            yield reading_of("HOST-UNT-0001", wanted, is_bad=is_bad, text=text, for_s=SETTLE_S)
        if self._settings.failed:
            for unit in units:
                if unit.active == "failed":
                    yield reading_of("HOST-UNT-0002", unit.name, is_bad=True, text=f"{unit.name} has failed")


def _full(name: str) -> str:
    """A name without a type means a service, as systemctl reads it."""
    return name if "." in name.rpartition("@")[2] else f"{name}.service"
