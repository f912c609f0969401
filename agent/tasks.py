"""What each loop of the agent does in one turn.

Three of the agent's threads: `reader` (logs -> spool), `health` (samples -> spool), `uplink` (spool ->
collector). They meet in the spool alone, so that each may stand still without stopping the others: a
full disk stops the reader where it is, a dead network leaves everything in the spool. The other two,
`courier` and `vendor`, have their turns in folders of their own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from agent.health.watch import HealthWatch
from agent.settings.model import Settings
from agent.spool.port import SpoolFull
from agent.spool.spool import Spool
from agent.uplink.delivery import Delivery, Luck, Report
from agent.uplink.identity import Identity, IdentityBroken, read_identity, stamp
from agent.uplink.pacing import until_next_s
from agent.uplink.port import Transport
from wire.envelope import Document
from wire.sentence import Sentence, sentence

DEFAULT_INTERVAL_S: Final = 60.0
FULL_S: Final = 5.0  # how long a loop waits when the spool has no room
NOT_ENROLLED_S: Final = 2.0

_log = logging.getLogger("sitewarden")


class Reader(Protocol):
    """The reader of logs, as the loop sees it."""

    def turn(self, now: datetime) -> float:
        """Read what is there; seconds until the next turn."""


class ReaderTask:
    """Logs into the spool."""

    def __init__(self, reader: Reader, now: Callable[[], datetime]) -> None:
        self._reader = reader
        self._now = now

    def turn(self) -> float:
        """One step of reading; a full spool leaves every position where it is."""
        try:
            return self._reader.turn(self._now())
        except SpoolFull as full:
            _log.warning("logs wait, the spool has no room: %s", full)
            return FULL_S


class HealthTask:
    """Health samples at the collector's interval, each agent at its own phase."""

    def __init__(self, watch: HealthWatch, luck: Luck, *, name: Callable[[], str]) -> None:
        self._watch = watch
        self._luck = luck
        self._name = name
        self.interval_s = DEFAULT_INTERVAL_S
        self.phase_s: float | None = None
        self._next_at: float | None = None

    def turn(self) -> float:
        """Take a sample if it is due."""
        now_s = self._luck.monotonic()
        if self._next_at is None or now_s >= self._next_at:
            try:
                self._watch.take(self._luck.now())
            except SpoolFull as full:
                _log.warning("a health sample was not stored, the spool has no room: %s", full)
            self._plan(now_s)
        return max(0.0, (self._next_at or now_s) - self._luck.monotonic())

    def hurry(self) -> None:
        """Take the next sample in the next turn: a report before its time."""
        self._next_at = None

    def change_interval(self, interval_s: float, phase_s: float | None = None) -> bool:
        """Take the collector's pacing; whether it differs from before."""
        if (interval_s, phase_s) == (self.interval_s, self.phase_s):
            return False
        self.interval_s, self.phase_s = interval_s, phase_s
        self._plan(self._luck.monotonic())
        return True

    def _plan(self, now_s: float) -> None:
        clock_s = self._luck.now().timestamp()
        chance = self._luck.chance()
        self._next_at = now_s + until_next_s(self._name(), self.interval_s, clock_s, chance, self.phase_s)


class UplinkTask:
    """The spool's batches to the collector, as soon as the host is enrolled."""

    def __init__(
        self,
        spool: Spool,
        settings: Settings,
        luck: Luck,
        *,
        connect: Callable[[Settings], Transport],
        on_interval: Callable[[float, float | None], None],
        on_new_name: Callable[[], None],
        on_documents: Callable[[Sequence[Document]], None] = lambda _: None,
    ) -> None:
        self._spool = spool
        self._settings = settings
        self._luck = luck
        self._connect = connect
        self._on_interval = on_interval
        self._on_new_name = on_new_name
        self._on_documents = on_documents
        self._stamp: tuple[int, int] | None = None
        self._delivery: Delivery | None = None
        self._transport: Transport | None = None
        self.identity: Identity | None = None
        self.problem: Sentence | None = None

    @property
    def report(self) -> Report:
        """How the connection stands."""
        return self._delivery.report if self._delivery else Report(problem=self.problem)

    def change_settings(self, settings: Settings) -> None:
        """Connect anew with these settings at the next turn."""
        old, self._settings = self._settings, settings
        if (old.collector, old.ca_file, old.proxy) != (settings.collector, settings.ca_file, settings.proxy):
            self._stamp = None

    def turn(self) -> float:
        """At most one request; seconds until the next turn."""
        found = stamp(Path(self._settings.state))
        if found is None or found != self._stamp:
            self._take_identity(found)
        if self._delivery is None:
            return NOT_ENROLLED_S
        try:
            return self._delivery.turn()
        except SpoolFull as full:
            _log.warning("the spool cannot be written: %s", full)
            return FULL_S

    def _take_identity(self, found: tuple[int, int] | None) -> None:
        self._delivery = None
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        try:
            self.identity = read_identity(Path(self._settings.state)) if found else None
        except IdentityBroken as broken:
            self.identity = None
            self.problem = sentence("the identity cannot be used: {problem}; enrol again with --force", problem=broken)
            _log.error("%s", self.problem)
        if self.identity is None:
            return
        self._stamp = found
        self.problem = None
        if self._spool.adopt(self.identity.agent):
            self._on_new_name()
        self._on_interval(self.identity.interval_s, None)
        self._transport = self._connect(self._settings)
        self._delivery = Delivery(
            self._spool,
            self._transport,
            self.identity,
            self._luck,
            on_interval=self._on_interval,
            on_documents=self._on_documents,
        )
        _log.info("enrolled as %s at %s", self.identity.agent, self.identity.site)
