"""A collector's database with sites, hosts, tickets and health as they would be, and a console that serves it."""

from __future__ import annotations

import itertools
import math
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from sqlalchemy import insert, update

from collector.auth import service as accounts
from collector.console.app import console_app
from collector.health.keeping import keep
from collector.parts import Parts
from collector.settings import Settings
from collector.store.database import Store
from collector.store.tables import (
    agent,
    alert,
    event,
    fingerprint,
    gap,
    inventory,
    parked,
    site,
    ticket,
    ticket_event,
)
from tests.fakes.stores import folder_of, made_store
from wire.keys import Ed25519PrivateKey
from wire.messages import (
    Disk,
    Event,
    Gap,
    GapCause,
    Health,
    Inventory,
    Process,
    SourceState,
    Status,
    TimeOrigin,
    encode_record,
)

NOW = datetime(2026, 11, 24, 1, 42, tzinfo=UTC)
PASSWORD = "correct horse battery"


@dataclass
class Seeds:
    """Writes rows as ingest would; keyword arguments vary what is valid by default."""

    store: Store
    now: Callable[[], datetime] = lambda: NOW
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def site(self, id: str = "daejeon", name: str = "온새로병원 대전", tz: str = "Asia/Seoul", **other: Any) -> str:  # noqa: A002
        self._insert(
            site,
            id=id,
            name=name,
            customer=other.pop("customer", "온새로의료재단"),
            tz=tz,
            created_at=self.now(),
            **other,
        )
        return id

    def host(self, site_id: str = "daejeon", hostname: str = "his-app-01", **other: Any) -> str:
        at = next(self.numbers)
        id_ = f"agent-{at}"
        values = {
            "os": "Debian GNU/Linux 12",
            "agent_version": "0.1.0",
            "enrolled_at": self.now() - timedelta(days=30),
            "last_seen_at": self.now() - timedelta(seconds=12),
            "clock_skew_ms": 200,
            "spool_bytes": 48_000,
            **other,
        }
        self._insert(
            agent, id=id_, site_id=site_id, key_id=f"{at:043d}", public_key=bytes(32), hostname=hostname, **values
        )
        return id_

    def ticket(self, site_id: str = "daejeon", agent_id: str | None = None, **other: Any) -> str:
        at = next(self.numbers)
        now = self.now()
        level = other.pop("level", 3)
        code = other.pop("code", f"HIS-LIS-{2_200 + at}")
        title = other.pop(
            "title",
            {
                "en": "Lab results reach the ward view late",
                "ko": "검사 결과가 병동 화면에 늦게 나옴",
                "zh": "检验结果在病区画面显示延迟",
            },
        )
        began = other.pop("began", now - timedelta(minutes=38))
        count = other.pop("count", 1)
        identity = other.pop("identity", {"queue": "lab.result.v2"})
        firing = other.pop("firing", True)
        record = other.pop("event", {})
        status = other.pop("status", "new")
        number = str(other.pop("number", f"2026-{at:06d}"))
        fingerprint_id = self._insert(
            fingerprint,
            hash=f"{at:064x}",
            version=1,
            site_id=site_id,
            module="HIS-LIS",
            code=code,
            identity=_json(identity),
            first_seen_at=began,
            last_seen_at=now,
            total=count,
        )
        ticket_id = self._insert(
            ticket,
            number=number,
            kind="fault",
            site_id=site_id,
            fingerprint_id=fingerprint_id,
            product=other.pop("product", "HIS"),
            module="HIS-LIS",
            code=code,
            title=_json(title),
            identity=_json(identity),
            level=level,
            status=status,
            opened_by="auto",
            clock_start_at=began,
            opened_at=began,
            count=count,
            first_event_at=began,
            last_event_at=other.pop("last_event_at", now - timedelta(seconds=52)),
            **other,
        )
        self._insert(
            alert,
            fingerprint_id=fingerprint_id,
            site_id=site_id,
            ticket_id=ticket_id,
            clearable=False,
            state="firing" if firing else "ok",
            level=level,
        )
        self.change(ticket_id, site_id, "opened", at=began, detail={"level": level})
        self.event(ticket_id, fingerprint_id, site_id, agent_id, code=code, level=level, occurred=began, **record)
        return number

    def change(
        self,
        ticket_id: int,
        site_id: str,
        kind: str,
        *,
        actor: str = "rule",
        at: datetime | None = None,
        detail: Any = None,
    ) -> int:
        return self._insert(
            ticket_event,
            ticket_id=ticket_id,
            site_id=site_id,
            at=at or self.now(),
            actor=actor,
            kind=kind,
            detail=_json(detail or {}),
        )

    def event(
        self,
        ticket_id: int,
        fingerprint_id: int,
        site_id: str,
        agent_id: str | None,
        *,
        code: str,
        level: int,
        occurred: datetime,
        **other: Any,
    ) -> None:
        at = next(self.numbers)
        values = {
            "text": "10:41:08.003 ERROR HIS-LIS-2207 consumer stalled: channel closed by peer (queue=lab.result.v2)\n"
            "  at gw.queue.Consumer.await(Consumer:214)\n  at gw.queue.Loop.run(Loop:77)",
            "before": [
                "10:41:07.914 INFO  gw.queue  poll depth=1482 lag=1106s",
                "10:41:08.002 WARN  gw.queue  \x1b[33mconsumer heartbeat missed 3/3\x1b[0m",
            ],
            "after": [
                "10:41:08.120 INFO  gw.audit  file=\u202efdp.tluser\u202c kept=yes\r",
                "10:41:09.000 INFO  gw.queue  poll depth=1485 lag=1107s",
            ],
            "source": "/var/log/his/lis-gw.log",
            "line_number": 88_215,
            **other,
        }
        record = Event(
            event_id=f"{at:032x}",
            product=other.pop("product", "HIS"),
            catalogue_version="5.3",
            module="HIS-LIS",
            code=code,
            level=level,
            status=Status.FIRING,
            occurred_at=occurred,
            occurred_from=TimeOrigin.LINE,
            first_at=occurred,
            last_at=occurred,
            **values,
        )
        self._insert(
            event,
            event_id=record.event_id,
            site_id=site_id,
            agent_id=agent_id,
            fingerprint_id=fingerprint_id,
            ticket_id=ticket_id,
            module=record.module,
            code=code,
            level=level,
            status="firing",
            disposition="ticket",
            occurred_at=occurred,
            received_at=occurred + timedelta(milliseconds=180),
            count=record.count,
            body=encode_record(record).decode(),
        )

    def health(self, site_id: str, agent_id: str, *, hours: float = 24, step: timedelta = timedelta(minutes=5)) -> None:
        samples = int(timedelta(hours=hours) / step)
        taken = [
            (agent_id, site_id, self._sample(self.now() - step * (samples - at), at), self.now())
            for at in range(samples)
            if not 120 < at < 150  # the host was off
        ]
        with self.store.writing() as connection:
            keep(connection, taken)

    def _sample(self, sampled_at: datetime, at: int) -> Health:
        return Health(
            sampled_at=sampled_at,
            boot_id="b",
            uptime_s=at * 300.0,
            cpu_percent=30 + 20 * math.sin(at / 17) + at % 7,
            load_1m=1.2 + math.sin(at / 30) / 2,
            cpu_count=4,
            memory_total_bytes=16_000_000_000,
            memory_used_percent=68 + 4 * math.sin(at / 40),
            net_received_bytes=at * (200_000_000 + at % 5 * 10_000_000),
            net_sent_bytes=at * 12_000_000,
            disks=[
                Disk(mount="/", size_bytes=80_000_000_000, used_percent=41),
                Disk(mount="/var/log", size_bytes=40_000_000_000, used_percent=min(100.0, 55 + at / 20)),
            ],
            processes=[
                Process(name="tomcat", running=1, rss_bytes=900_000_000 + at * 100_000, cpu_percent=12 + at % 9),
                Process(name="lis-gw", running=2, rss_bytes=120_000_000, cpu_percent=2.5 + at % 3),
            ],
            agent_rss_bytes=48_000_000 + at * 1_000,
            agent_cpu_s=at * 2.0,
        )

    def inventory(self, site_id: str, agent_id: str, hostname: str = "his-app-01") -> None:
        record = Inventory(
            taken_at=self.now(),
            hostname=hostname,
            os="Debian GNU/Linux 12",
            kernel="6.1.0",
            agent_version="0.1.0",
            sources=[
                SourceState(path="/var/log/his/lis-gw.log", position=9_120_331),
                SourceState(path="/var/log/his/bil.log", position=0, problem="permission denied"),
            ],
        )
        self._insert(
            inventory, agent_id=agent_id, site_id=site_id, received_at=self.now(), body=encode_record(record).decode()
        )

    def gap(self, site_id: str, agent_id: str, source: str = "/var/log/his/lis-gw.log", detail: str = "") -> None:
        noticed = self.now() - timedelta(hours=7)
        record = Gap(
            cause=GapCause.ROTATED,
            source=source,
            noticed_at=noticed,
            since=noticed - timedelta(hours=3),
            until=noticed,
            from_byte=1_234_567,
            bytes_lost=4_100_000,
            records_lost=41_220,
            detail=detail,
        )
        self._insert(
            gap,
            site_id=site_id,
            agent_id=agent_id,
            cause="rotated",
            source=source,
            noticed_at=noticed,
            received_at=noticed,
            body=encode_record(record).decode(),
        )

    def parked(self, agent_id: str) -> None:
        self._insert(
            parked,
            agent_id=agent_id,
            epoch="e",
            sequence=1,
            position=0,
            received_at=self.now(),
            reason="unknown kind",
            body=b"{}",
        )

    def set_ticket(self, number: str, **values: Any) -> None:
        with self.store.writing() as connection:
            connection.execute(update(ticket).where(ticket.c.number == number).values(**values))

    def _insert(self, table: Any, **values: Any) -> int:
        with self.store.writing() as connection:
            key = connection.execute(insert(table).values(**values)).inserted_primary_key
        assert key is not None
        return key[0]  # type: ignore[no-any-return]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def open_store(path: Path) -> Store:
    """A database with today's tables."""
    return made_store(path)


def parts_of(store: Store, now: Callable[[], datetime] = lambda: NOW, **settings: Any) -> Parts:
    """What `console_app` is built from, with an unmoving clock by default."""
    return Parts(
        settings=Settings(state=str(folder_of(store)), **settings),
        store=store,
        receipt_key=Ed25519PrivateKey.generate(),
        generation="g",
        now=now,
        monotonic=time.monotonic,
        new_secret=lambda: secrets.token_hex(16),
    )


def seed_all(seeds: Seeds) -> None:
    """Two customers with something of everything."""
    now = seeds.now()
    seeds.site()
    seeds.site("chengchuan", "澄川市临湖医院", "Asia/Shanghai", customer="澄川市卫健委", language="zh-Hans")
    seeds.site("busan", "별담디스플레이 부산 터미널", "Asia/Seoul", customer="별담")
    first, second = seeds.host(), seeds.host("chengchuan", "lh-his-02")
    seeds.host("daejeon", "his-db-01", silent_since=now - timedelta(minutes=6), last_seen_at=now - timedelta(minutes=9))
    seeds.health("daejeon", first)
    seeds.inventory("daejeon", first)
    seeds.gap("daejeon", first)
    seeds.parked(first)
    seeds.ticket(
        "daejeon",
        first,
        level=1,
        code="HIS-ORD-1042",
        count=212,
        began=now - timedelta(minutes=12),
        title={
            "en": "Emergency prescriptions do not reach the pharmacy",
            "ko": "응급실 처방이 약국으로 넘어가지 않음",
            "zh": "急诊处方无法传到药房",
        },
    )
    seeds.ticket(
        "chengchuan",
        second,
        level=1,
        code="HIS-BIL-1001",
        count=1_904,
        status="in_progress",
        assignee="jh",
        acknowledged_by="jh",
        acknowledged_at=now - timedelta(minutes=30),
        title={
            "en": "Billing and payment screens do not open",
            "ko": "원무 접수·수납 화면이 열리지 않음",
            "zh": "收费结算画面无法打开",
        },
    )
    seeds.ticket(
        "busan",
        None,
        level=2,
        code="SITE-SILENT",
        began=now - timedelta(minutes=6),
        title={"en": "No sign of life from the server", "ko": "서버에서 신호가 없음", "zh": "服务器无响应"},
        event={"text": "", "before": [], "after": [], "source": "", "line_number": 0},
    )
    number = seeds.ticket(
        "daejeon",
        first,
        level=3,
        code="HIS-LIS-2207",
        count=318,
        status="acknowledged",
        assignee="jh",
        acknowledged_by="jh",
        acknowledged_at=now - timedelta(hours=23),
        began=now - timedelta(hours=24),
    )
    seeds.ticket(
        "chengchuan",
        second,
        level=3,
        code="HIS-BAT-0415",
        status="recovered",
        firing=False,
        recovered_at=now - timedelta(minutes=37),
        began=now - timedelta(hours=5),
        title={"en": "The night billing run failed and then succeeded"},
    )
    seeds.ticket(
        "daejeon",
        first,
        level=4,
        code="HOST-DSK-0090",
        firing=False,
        began=now - timedelta(days=2),
        last_event_at=now - timedelta(hours=3),
        title={"en": "A disk is nearly full", "ko": "디스크가 거의 참", "zh": "磁盘即将用尽"},
        identity={"host": "his-app-01", "mount": "/var/log"},
    )
    for minutes, actor, kind, detail in (
        (1_400, "jh", "acknowledged", {"from": "new", "to": "acknowledged"}),
        (1_399, "jh", "assigned", {"from": "", "to": "jh"}),
        (50, "sy", "commented", {"text": "병동에 전화했습니다.\n새 처방은 보입니다."}),
        (20, "rule", "level_raised", {"from": 4, "to": 3}),
    ):
        seeds.change(
            int(number[-6:]) and _ticket_id(seeds.store, number),
            "daejeon",
            kind,
            actor=actor,
            at=now - timedelta(minutes=minutes),
            detail=detail,
        )


def _ticket_id(store: Store, number: str) -> int:
    with store.reading() as connection:
        return int(connection.execute(ticket.select().where(ticket.c.number == number)).one().id)


def add_people(parts: Parts) -> None:
    """jh and sy, with passwords; the language is the browser's."""
    for name in ("jh", "sy"):
        accounts.add_user(
            parts.store, name, password=PASSWORD, language="", new_secret=parts.new_secret, now=parts.now()
        )


@contextmanager
def serving(parts: Parts) -> Iterator[str]:
    """The console on a free port of loopback, ended the way the collector ends it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = uvicorn.Config(
            console_app(parts), log_level="warning", access_log=False, http="httptools", ws="none", lifespan="on"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < deadline
            threading.Event().wait(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            parts.stopping.set()
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive(), "the console did not end"
