"""One fault at one site over a real database: events, people, time, and what the clocks make of it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import insert, select

from collector.jobs.clocks import pass_clocks
from collector.jobs.due import pass_time
from collector.settings.model import Rules
from collector.sla.plan import Metric
from collector.store.tables import clock, notice, site, ticket, ticket_event, user
from collector.tickets import service, waiting
from collector.tickets.clocks import passing
from collector.tickets.clocks.model import CycleView, Difference
from collector.tickets.clocks.reading import clocks_of
from collector.tickets.clocks.shelf import stock
from collector.tickets.codebook import Codebook
from collector.tickets.recording import Sighting, record
from tests.builders import an_event
from tests.fakes.stores import made_store
from wire.catalogue.model import Catalogue
from wire.messages import Status

SEOUL = ZoneInfo("Asia/Seoul")
SITE = "seoul"


def codebook(levels: Sequence[int]) -> Codebook:
    """Codes L1 to L4 with these levels, and OK1 to OK4, which clear them."""
    errors: list[dict[str, object]] = []
    for name, level in enumerate(levels, 1):
        errors.append({"code": f"L{name}", "level": level, "title": {"en": "T"}, "clears_by": f"OK{name}"})
        errors.append({"code": f"OK{name}", "level": 4, "title": {"en": "T"}})
    module = {"code": "M", "name": {"en": "Module"}, "errors": errors}
    return Codebook([msgspec.convert({"product": "his", "version": "1", "modules": [module]}, type=Catalogue)])


def seoul(text: str) -> datetime:
    """`2026-11-24T10:00` on the wall in Seoul."""
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL).astimezone(UTC)


class TicketStory:
    """Before each act everything that is due by then is done."""

    def __init__(self, folder: Path, *, level: int = 3, start: str = "2026-11-24T10:00", jobs: bool = True) -> None:
        self.store = made_store(folder / "story.db")
        self.level, self.now, self.jobs = level, seoul(start), jobs
        self._ids = itertools.count(1)
        self.codebook = codebook((1, 2, 3, 4))
        self.rules = Rules(open_delay_s=(0, 0, 0, 0))
        with self.store.writing() as connection:
            row = {"name": SITE, "customer": "C", "tz": "Asia/Seoul", "language": "ko", "created_at": self.now}
            connection.execute(insert(site).values(id=SITE, **row))
            for name in ("jh", "sy"):
                connection.execute(insert(user).values(name=name, language="ko", created_at=self.now))
            stock(connection, self.now)

    # ------------------------------------------------------------ acts

    def at(self, text: str) -> TicketStory:
        """Let time pass up to an instant."""
        return self.until(seoul(text))

    def later(self, minutes: float) -> TicketStory:
        """Let so much time pass."""
        return self.until(self.now + timedelta(minutes=minutes))

    def until(self, now: datetime) -> TicketStory:
        """Let time pass, and do what is due."""
        self.now = now
        if self.jobs:
            while pass_time(self.store, self.codebook, self.rules, self.now):
                pass
            pass_clocks(self.store, self.now)
        return self

    def fire(self, level: int | None = None) -> None:
        """The fault is seen, perhaps with another level than its code has."""
        self._send(f"L{self.level}", Status.FIRING, level)

    def ok(self) -> None:
        """The fault is gone."""
        self._send(f"OK{self.level}", Status.FIRING, None)

    def raise_level(self, level: int) -> None:
        """The catalogue now calls the fault worse."""
        self.codebook = codebook([level if each == self.level else each for each in range(1, 5)])
        self.fire()

    def acknowledge(self) -> None:
        service.acknowledge(self.store, self.number, actor="jh", now=self.now)

    def pause(self, reason: str = "waiting_customer_info", until: datetime | None = None, approved: str = "") -> None:
        asked = waiting.Waiting(reason, "please tell", until, approved)
        waiting.pause(self.store, self.number, asked, actor="jh", now=self.now)

    def resume(self) -> None:
        waiting.resume(self.store, self.number, actor="jh", now=self.now)

    def resolve(self) -> None:
        service.resolve(self.store, self.number, actor="jh", note="done", now=self.now)

    def reopen(self) -> None:
        service.reopen(self.store, self.number, actor="jh", note="not done", now=self.now)

    # ------------------------------------------------------------ what came of it

    @property
    def number(self) -> str:
        with self.store.reading() as connection:
            return str(connection.execute(select(ticket.c.number).order_by(ticket.c.id.desc()).limit(1)).scalar_one())

    @property
    def ticket(self) -> Any:
        with self.store.reading() as connection:
            return connection.execute(select(ticket).where(ticket.c.number == self.number)).one()

    def cycles(self, metric: Metric) -> list[CycleView]:
        """The cycles of one clock, folded from its history."""
        with self.store.reading() as connection:
            found = {each.metric: each for each in clocks_of(connection, self.ticket.id, self.now)}
        return list(found[metric].cycles) if metric in found else []

    def due(self, metric: Metric) -> str | None:
        """When the newest cycle is due, on the wall in Seoul."""
        due = self.cycles(metric)[-1].reading.deadline.due
        return None if due is None else due.astimezone(SEOUL).strftime("%Y-%m-%dT%H:%M")

    def rows(self, metric: Metric | None = None) -> list[Any]:
        """What is kept of the clocks, all tickets."""
        query = select(clock).order_by(clock.c.id)
        if metric is not None:
            query = query.where(clock.c.metric == metric.value)
        with self.store.reading() as connection:
            return list(connection.execute(query))

    def notices(self) -> list[tuple[str | None, int | None]]:
        """Warnings of clocks: metric and percent."""
        with self.store.reading() as connection:
            query = select(notice.c.metric, notice.c.percent).where(notice.c.metric.is_not(None)).order_by(notice.c.id)
            return [(row.metric, row.percent) for row in connection.execute(query)]

    def timeline(self) -> list[str]:
        """Kinds of its lines."""
        with self.store.reading() as connection:
            return list(connection.execute(select(ticket_event.c.kind).order_by(ticket_event.c.id)).scalars())

    def differences(self) -> list[Difference]:
        """I4: what is kept against what the histories say."""
        with self.store.reading() as connection:
            tickets = list(connection.execute(select(ticket.c.id)).scalars())
            count, found = passing.compare(connection, tickets, self.now)
        assert count == len(self.rows())
        return found

    def _send(self, code: str, status: Status, level: int | None) -> None:
        number = next(self._ids)
        sent = an_event(
            event_id=f"{number:032x}",
            product="his",
            module="M",
            code=code,
            level=level or self.level,
            status=status,
            occurred_at=self.now,
            first_at=self.now,
            last_at=self.now,
        )
        with self.store.writing() as connection:
            record(connection, SITE, [Sighting(sent, self.now)], codebook=self.codebook, rules=self.rules)
