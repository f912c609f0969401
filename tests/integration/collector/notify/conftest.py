"""A seeded database with a clock that tests move, and channels that do as they are told."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from collector.notify.delivery import Courier
from collector.notify.digests import Digests
from collector.notify.model import Channel
from collector.notify.outbox import Outbox
from collector.notify.people import service as people
from collector.notify.people.service import WantedRecipient
from collector.parts import Parts
from collector.settings import Settings
from collector.store.tables import notice
from collector.tickets.desk.model import NoticeCause, NoticeKind
from tests.fakes.exchange_desk import Clock
from tests.fakes.receivers import FakeChannel
from tests.fakes.seeded_console import Seeds
from tests.fakes.stores import open_store
from wire.keys import Ed25519PrivateKey


@dataclass
class Post:
    """Everything of messages over one database, without threads."""

    parts: Parts
    clock: Clock
    seeds: Seeds
    mail: FakeChannel = field(default_factory=FakeChannel)
    calls: FakeChannel = field(default_factory=FakeChannel)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        store, settings = self.parts.store, self.parts.settings
        self.outbox = Outbox(store, settings, self.parts.new_secret)
        self.digests = Digests(store, settings, self.parts.new_secret)

    def courier(self, channel: Channel = Channel.MAIL) -> Courier:
        port = self.mail if channel is Channel.MAIL else self.calls
        return Courier(self.parts.store, channel, port, self.clock, self.clock.monotonic, self.parts.new_secret)

    def tick(self) -> int:
        """What the threads do until nothing is left for now; returns how many tries there were."""
        while self.outbox.turn(self.clock()) + self.digests.fold(self.clock()):
            pass
        couriers = [self.courier(channel) for channel in Channel]
        tries = 0
        while any(courier.deliver() for courier in couriers):
            tries += 1
        return tries

    def recipient(self, name: str = "kim", **changed: Any) -> int:
        wanted = WantedRecipient(name, f"{name}@example.com", **changed)
        return people.add_recipient(self.parts, wanted).id

    def webhook(self, name: str = "chat", *events: str) -> int:
        return people.add_webhook(self.parts, name, f"https://{name}.example/hook", events)[0].id

    def ticket(self, **changed: Any) -> int:
        number = self.seeds.ticket(number=f"2026-{next(self.numbers):06d}", **changed)
        return int(self.one("SELECT id FROM ticket WHERE number = :number", number=number))

    def notice(
        self,
        ticket_id: int | None,
        kind: NoticeKind = NoticeKind.PAGE,
        cause: NoticeCause = NoticeCause.OPENED,
        problem_id: int | None = None,
    ) -> None:
        site = None if ticket_id is None else self.one("SELECT site_id FROM ticket WHERE id = :id", id=ticket_id)
        row = {"at": self.clock(), "kind": kind.value, "cause": cause.value, "site_id": site}
        with self.parts.store.writing() as connection:
            connection.execute(insert(notice).values(**row, ticket_id=ticket_id, problem_id=problem_id))

    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        with self.parts.store.reading() as connection:
            return [dict(row) for row in connection.execute(text(sql), values).mappings()]

    def one(self, sql: str, **values: Any) -> Any:
        with self.parts.store.reading() as connection:
            return connection.execute(text(sql), values).scalar()

    def states(self) -> list[str]:
        return [row["state"] for row in self.rows("SELECT state FROM message ORDER BY id")]


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    clock = Clock()
    parts = parts_in(tmp_path, clock)
    seeds = Seeds(parts.store, clock)
    seeds.site("daejeon")
    seeds.site("busan", "부산병원")
    yield Post(parts, clock, seeds)
    parts.store.close()


def parts_in(folder: Path, clock: Clock, **settings: Any) -> Parts:
    return Parts(
        settings=Settings(state=str(folder), **settings),
        store=open_store(folder),
        receipt_key=Ed25519PrivateKey.from_private_bytes(bytes(32)),
        generation="g",
        now=clock,
        monotonic=clock.monotonic,
        new_secret=lambda: secrets.token_hex(16),
    )
