"""Records, spools and deliveries for tests of the agent: valid by default, keyword to vary."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from agent.settings.model import SpoolSettings
from agent.spool import Spool, open_spool
from agent.spool.model import Means
from agent.uplink.delivery import Delivery, Luck
from agent.uplink.identity import Identity
from tests.fakes.collector import Collector, FakeTransport, ManualClock
from wire.fingerprint import template_fingerprint
from wire.keys import generate_key, key_id, public_bytes
from wire.messages import EXAMPLE_TIME, Disk, Event, Gap, GapCause, Health, Process, Status, TimeOrigin, UnknownError

_numbers = itertools.count(1)


def an_event(number: int | None = None, **changes: Any) -> Event:
    number = next(_numbers) if number is None else number
    at = changes.pop("at", EXAMPLE_TIME)
    values: dict[str, Any] = {
        "event_id": f"{number:032x}",
        "product": "HIS",
        "catalogue_version": "1",
        "module": "BIL",
        "code": "BIL-1",
        "level": 2,
        "occurred_at": at,
        "occurred_from": TimeOrigin.READ,
        "first_at": at,
        "last_at": at,
        "text": f"text {number}",
    }
    return Event(**values | changes)


def a_clearing(number: int | None = None, **changes: Any) -> Event:
    return an_event(number, **{"code": "BIL-0", "status": Status.OK} | changes)


def a_gap(**changes: Any) -> Gap:
    values: dict[str, Any] = {"cause": GapCause.ROTATED, "source": "/var/log/app.log", "noticed_at": EXAMPLE_TIME}
    return Gap(**values | changes)


def a_health(at: datetime = EXAMPLE_TIME, **changes: Any) -> Health:
    values: dict[str, Any] = {
        "sampled_at": at,
        "boot_id": "b",
        "uptime_s": 1.0,
        "cpu_percent": 1.0,
        "load_1m": 0.1,
        "cpu_count": 2,
        "memory_total_bytes": 10**9,
        "memory_used_percent": 10.0,
        "disks": [Disk(mount="/", size_bytes=10**9, used_percent=10.0)],
        "processes": [Process(name="app", running=1)],
    }
    return Health(**values | changes)


def some_means(clock: ManualClock) -> Means:
    epochs = itertools.count(next(_numbers) * 1_000)
    return Means(now=clock.now, monotonic=clock.monotonic, new_epoch=lambda: f"{next(epochs):016x}")


def a_spool(folder: Path, clock: ManualClock | None = None, **settings: Any) -> Spool:
    return open_spool(folder, SpoolSettings(**settings), some_means(clock or ManualClock()))


def some_luck(clock: ManualClock, chance: Callable[[], float] = lambda: 0.5) -> Luck:
    nonces = itertools.count()
    return Luck(now=clock.now, monotonic=clock.monotonic, chance=chance, nonce=lambda: f"nonce-{next(nonces):016d}")


def an_identity(collector: Collector, agent: str = "a1") -> Identity:
    key = generate_key()
    collector.accept(agent, key.public_key())
    return Identity(
        agent=agent,
        site="seoul",
        collector="http://127.0.0.1:1",
        interval_s=60.0,
        key=key,
        key_id=key_id(public_bytes(key)),
        receipt_key=collector.key.public_key(),
        receipt_key_id=collector.key_id,
    )


class Pair:
    """A spool, its delivery and a collector in memory, on one manual clock."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.settings = settings
        self.clock = ManualClock()
        self.collector = Collector(self.clock.now)
        self.identity = an_identity(self.collector)
        self.start()

    def start(self) -> None:
        """A new run of the agent on what the folder holds."""
        self.spool = a_spool(self.folder, self.clock, **self.settings)
        self.spool.adopt(self.identity.agent)
        self.delivery = Delivery(self.spool, FakeTransport(self.collector), self.identity, some_luck(self.clock))

    def restart(self) -> None:
        self.spool.close()
        self.start()

    def drain(self, limit: int = 400) -> None:
        """Deliver until nothing is left, letting time pass; fails when that takes too many turns."""
        for _ in range(limit):
            if self.spool.due_in_s() is None:
                return
            wait_s = self.delivery.turn()
            self.clock.pass_time(max(wait_s, 0.001))
        raise AssertionError(f"still not delivered: {self.spool.stand()}, {self.delivery.report}")

    def later(self, **span: float) -> None:
        self.clock.pass_time(timedelta(**span).total_seconds())


def an_unknown(template: str = "no bill <*>", **changes: Any) -> UnknownError:
    at = changes.pop("at", EXAMPLE_TIME)
    values: dict[str, Any] = {
        "fingerprint": template_fingerprint("HIS", template),
        "template": template,
        "product": "HIS",
        "catalogue_version": "1",
        "first_at": at,
        "last_at": at,
        "sample": "no bill 7",
    }
    return UnknownError(**values | changes)
