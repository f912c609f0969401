"""Getting a batch acknowledged: connect, send, wait, back off, send again, until there is a receipt.

Backoff is full jitter from `backoff_base_s` to `backoff_cap_s`; who is turned away waits for what
Retry-After says plus that jitter. Nothing here gives up: the real agent's spool does not either.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from dataclasses import dataclass, field

from benchmarks.agents.agent import Sealed, SimulatedAgent
from benchmarks.agents.connection import Connection, Response, connect
from benchmarks.agents.ledger import Ledger
from benchmarks.agents.plan import Counts, Plan
from wire.envelope import Verdict, decode_refusal, judge_mark
from wire.errors import Malformed, WireError

HANDSHAKES = 64  # under way in one worker


@dataclass
class Line:
    """The way to the collector that the agents of one worker share: address, trust, book, figures."""

    plan: Plan
    ledger: Ledger
    context: ssl.SSLContext | None
    chance: random.Random
    counts: Counts = field(default_factory=Counts)
    doors: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HANDSHAKES))

    async def connected(self, agent: SimulatedAgent) -> Connection:
        """The agent's kept connection, or a new one."""
        if agent.connection is None or not agent.connection.is_open:
            source = f"127.0.1.{self.plan.worker + 1}"
            async with self.doors, asyncio.timeout(self.plan.answer_s):
                agent.connection = await connect("127.0.0.1", self.plan.port, self.context, source)
            self.counts.handshakes += 1
        return agent.connection

    async def deliver(self, agent: SimulatedAgent, sealed: Sealed) -> None:
        """Send until acknowledged."""
        failures = 0
        while True:
            wait_s = await self._tried(agent, sealed)
            if wait_s is None:
                return
            failures += 1
            await asyncio.sleep(wait_s / self.plan.haste + self._backoff_s(failures))

    async def _tried(self, agent: SimulatedAgent, sealed: Sealed) -> float | None:
        """One try: None when acknowledged, else what the collector asks to wait, in seconds."""
        begun = time.perf_counter()
        try:
            connection = await self.connected(agent)
            async with asyncio.timeout(self.plan.answer_s):
                response = await connection.send(agent.request(sealed))
        except TimeoutError:
            self.counts.timeouts += 1
        except (OSError, ssl.SSLError):
            self.counts.broken += 1
        else:
            return self.judged(agent, sealed, response, (time.perf_counter() - begun) * 1_000)
        if agent.connection is not None:
            agent.connection.close()
        return 0.0

    def judged(self, agent: SimulatedAgent, sealed: Sealed, response: Response, took_ms: float) -> float | None:
        """What an answer means; see `_tried`."""
        if response.status != 200:
            return self._refused(response)
        try:
            reply = agent.receipt(response, sealed)
        except WireError:
            self.counts.forged += 1
            return 0.0
        verdict = judge_mark(reply.mark, sequence=sealed.sequence, acked=sealed.sequence - 1, sealed=agent.sequence)
        self.counts.duplicates += reply.duplicate
        self.counts.parked += reply.parked
        if verdict is not Verdict.ACKED:
            self.counts.resyncs += 1
            return 0.0
        agent.interval_s = reply.interval_s
        self.counts.stretched += reply.interval_s > self.plan.interval_s
        self.counts.acked += 1
        self.counts.events += len(sealed.events)
        self.counts.latencies_ms.append(took_ms)
        self.ledger.acked(sealed.lines)
        if agent.waiting is sealed:
            agent.waiting = None
        return None

    def _refused(self, response: Response) -> float:
        try:
            error = decode_refusal(response.body).error
        except Malformed:
            error = "no refusal of ours"
        self.counts.refuse(f"{response.status} {error}")
        return float(response.fields.get("retry-after", "0"))

    def _backoff_s(self, failures: int) -> float:
        plan = self.plan
        return self.chance.random() * min(plan.backoff_cap_s, plan.backoff_base_s * (1 << min(failures - 1, 20)))
