"""The exchange listener of a real collector in this process: real SQLite, real writer, a clock that tests move."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from collector.fleet.model import Site
from collector.fleet.service import add_site, make_token
from collector.ingest.asgi import ExchangeApp
from collector.parts import Parts
from collector.serving.serve import Engine, build_engine, exchange_app
from collector.settings import Rules, Settings
from collector.settings.model import Admission
from collector.store.database import Store
from tests.fakes.signing_agent import Sent, SigningAgent
from tests.fakes.stores import open_store
from wire import enrolment, envelope, frame, keys, signatures
from wire.enrolment import Token
from wire.envelope import Reply

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
AT_ONCE = Rules(open_delay_s=(0, 0, 0, 0))


@dataclass
class Clock:
    """Time that stands still until it is moved."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)

    def monotonic(self) -> float:
        return (self.at - START).total_seconds()


@dataclass
class Desk:
    """A collector without its jobs thread and without sockets; `jobs()` runs what time demands."""

    parts: Parts
    clock: Clock
    engine: Engine
    app: ExchangeApp
    client: httpx.AsyncClient
    secrets: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def receipt_key_id(self) -> str:
        return keys.key_id(keys.public_bytes(self.parts.receipt_key))

    def site(self, site_id: str = "seoul") -> Token:
        added = Site(site_id, "Hospital", "Hanbit", "Asia/Seoul", "en", self.clock())
        return add_site(self.parts.store, added, issue=self.issue)

    def issue(self, site_id: str) -> Any:
        digest = keys.key_digest(keys.public_bytes(self.parts.receipt_key))
        secret = self.parts.new_secret
        return make_token(site_id, new_secret=secret, receipt_digest=digest, now=self.clock(), valid_s=86_400)

    def stranger(self) -> SigningAgent:
        return SigningAgent(self.receipt_key_id, now=self.clock)

    async def enrolled(self, site_id: str = "seoul", **changed: Any) -> SigningAgent:
        agent = self.stranger()
        response = await self.send(agent.enrolment(self.site(site_id), **changed))
        assert response.status_code == 200, response.text
        agent.id = enrolment.decode_enrol_reply(response.content).agent
        return agent

    async def send(self, sent: Sent) -> httpx.Response:
        return await self.client.post(sent.path, headers=sent.headers, content=sent.body)

    async def deliver(self, agent: SigningAgent, batch: envelope.Batch) -> Reply:
        """Send, expect 200, check the receipt's signature as an agent does."""
        sent = agent.exchange(batch)
        response = await self.send(sent)
        assert response.status_code == 200, response.text
        self.check_signature(response, enrolment.ack_tag(agent.id), f"{batch.epoch}/{batch.sequence}")
        return envelope.decode_reply(frame.unpack(response.content))

    def check_signature(self, response: httpx.Response, tag: str, sequence: str) -> None:
        """Raise unless our receipt key signed this response."""
        claim = signatures.read_claim(dict(response.headers), response=True)
        assert claim.key_id == self.receipt_key_id
        assert response.headers["x-agent-seq"] == sequence
        message = signatures.Message(
            content_type=response.headers["content-type"],
            body=response.content,
            sequence=sequence,
            status=response.status_code,
        )
        digest = response.headers["content-digest"]
        key = self.parts.receipt_key.public_key()
        signatures.verify(claim, message, digest_header=digest, key=key, tag=tag, now=self.clock())

    def jobs(self) -> int:
        """Everything that is due now, as often as there is something to do."""
        total = 0
        while done := self.engine.jobs.duties.quick():
            total += done
        return total

    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        with self.parts.store.reading() as connection:
            return [dict(row) for row in connection.execute(text(sql), values).mappings()]

    def one(self, sql: str, **values: Any) -> Any:
        with self.parts.store.reading() as connection:
            return connection.execute(text(sql), values).scalar_one()


@asynccontextmanager
async def exchange_desk(
    folder: Path,
    rules: Rules = AT_ONCE,
    store: Store | None = None,
    *,
    admission: Admission | None = None,
    monotonic: Callable[[], float] | None = None,
    receipt_key: keys.Ed25519PrivateKey | None = None,
) -> AsyncIterator[Desk]:
    """A desk with its own database below `folder`, or with this one; `monotonic` where intervals are to be real."""
    clock = Clock()
    numbers = itertools.count(0x1234)
    parts = Parts(
        settings=Settings(state=str(folder), rules=rules, admission=admission or Admission()),
        store=store or open_store(folder),
        receipt_key=receipt_key or keys.generate_key(),
        generation="g1",
        now=clock,
        monotonic=monotonic or clock.monotonic,
        new_secret=lambda: f"{next(numbers) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}",
    )
    engine = build_engine(parts)
    engine.writer.start()
    app = exchange_app(engine)
    transport = httpx.ASGITransport(app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://collector") as client:
            yield Desk(parts, clock, engine, app, client)
    finally:
        engine.writer.stop()
        parts.store.close()


def play(folder: Path, story: Callable[[Desk, SigningAgent], Awaitable[None]]) -> None:
    """Run a story at a desk with one enrolled agent."""

    async def whole() -> None:
        async with exchange_desk(folder) as desk:
            await story(desk, await desk.enrolled())

    asyncio.run(whole())
