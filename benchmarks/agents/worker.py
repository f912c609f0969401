"""One process full of simulated agents; it reads a command a line and answers each with a line of JSON.

connect RATE        open every connection, at most so many a second
live                begin to check in: each agent at its own phase of the interval
counts              what happened since the last time, and begin anew
prepare N           N agents seal and sign a check-in; nothing is sent
release             send what was prepared, all at once; answers when everything is acknowledged
backlog BATCHES N   every agent that is not living sends so many batches of N looks at its host
sever               every connection is cut
drain               no new check-ins; answers when what was sealed is acknowledged
quit

python -m benchmarks.agents.worker PLAN.json
"""

from __future__ import annotations

import asyncio
import random
import resource
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from benchmarks.agents.agent import Sealed, SimulatedAgent, public_key_of
from benchmarks.agents.delivery import Line
from benchmarks.agents.ledger import Ledger
from benchmarks.agents.material import Host
from benchmarks.agents.plan import Counts, Plan, read_roster
from wire.messages import Record

WEEK_S = 7 * 86_400
SPREAD = 0.1  # of the interval: each check-in comes so much earlier or later


class Worker:
    """The agents of this process and what they do."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        key = public_key_of(plan.receipt_key)
        members = read_roster(Path(plan.roster), plan.first, plan.count)
        self.agents = [
            SimulatedAgent(member, Host(plan.first + at, plan.seed), key) for at, member in enumerate(members)
        ]
        self.chance = random.Random(plan.seed << 8 | plan.worker)  # noqa: S311  # repeatable on purpose
        context = ssl.create_default_context(cafile=plan.ca) if plan.ca else None
        self.line = Line(plan, Ledger(Path(plan.ledger), plan.worker), context, self.chance)
        self.prepared: list[tuple[SimulatedAgent, Sealed, bytes]] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.stopping = asyncio.Event()
        self.hurrying = asyncio.Event()

    async def connect(self, rate: str) -> dict[str, float]:
        """Open every connection."""
        begun = time.perf_counter()

        async def one(at: int, agent: SimulatedAgent) -> None:
            await asyncio.sleep(at / float(rate))
            await self.line.connected(agent)

        await asyncio.gather(*(one(at, agent) for at, agent in enumerate(self.agents)))
        return {"connected": len(self.agents), "took_s": time.perf_counter() - begun}

    async def live(self) -> dict[str, float]:
        """Every agent checks in at its phase."""
        self.stopping.clear()
        self.tasks = [asyncio.create_task(self._life(agent)) for agent in self.agents]
        return {"living": len(self.tasks)}

    async def _life(self, agent: SimulatedAgent) -> None:
        plan, loop = self.plan, asyncio.get_running_loop()
        agent.interval_s = plan.interval_s
        due = loop.time() + self.chance.random() * plan.interval_s
        while await self._waited(due - loop.time()):
            self.line.counts.late_ms.append((loop.time() - due) * 1_000)
            if self.chance.random() < plan.restarts:
                self._restart(agent)
            if agent.waiting is None:
                sealed = agent.check_in(plan.interval_s, self._faults(), plan.codes)
                self.line.ledger.sent(sealed.lines)
            assert agent.waiting is not None
            await self.line.deliver(agent, agent.waiting)
            due = self._next(due + agent.interval_s, loop.time(), agent.interval_s)

    def _next(self, due: float, now: float, interval_s: float) -> float:
        """The next check-in; what was missed in an outage is not made up for."""
        if due < now:
            return now + self.chance.random() * interval_s
        return due + (self.chance.random() - 0.5) * 2 * SPREAD * min(interval_s, due - now)

    async def _waited(self, wait_s: float) -> bool:
        """Whether to go on after so long."""
        if self.stopping.is_set():
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, wait_s)):
                await self.hurrying.wait()
        return not self.stopping.is_set()

    def _faults(self) -> int:
        whole = int(self.plan.events)
        return whole + (self.chance.random() < self.plan.events - whole)

    def _restart(self, agent: SimulatedAgent) -> None:
        if agent.connection is not None:
            agent.connection.close()
        if self.chance.random() < self.plan.new_lives:
            agent.new_life()
        else:
            agent.session += 1

    async def counts(self) -> Counts:
        """The figures, which begin anew."""
        taken, self.line.counts = self.line.counts, Counts()
        return taken

    async def prepare(self, count: str) -> dict[str, float]:
        """Seal and sign: on real hosts each does that on its own processor, at the same time."""
        chosen = self.agents[: int(count)]
        await asyncio.gather(*(self.line.connected(agent) for agent in chosen))
        self.prepared = []
        for agent in chosen:
            sealed = agent.check_in(60.0, self._faults(), self.plan.codes)
            self.line.ledger.sent(sealed.lines)
            self.prepared.append((agent, sealed, agent.request(sealed)))
        self.line.ledger.flush()
        return {"prepared": len(self.prepared)}

    async def release(self) -> dict[str, float]:
        """Send all, wait for all receipts."""
        begun = time.perf_counter()
        sent = [(agent, sealed, agent.connection.send(raw)) for agent, sealed, raw in self.prepared if agent.connection]
        sent_s = time.perf_counter() - begun

        async def settled(agent: SimulatedAgent, sealed: Sealed, answer: asyncio.Future[object]) -> None:
            try:
                response = await asyncio.wait_for(answer, self.plan.answer_s)
            except (OSError, TimeoutError):
                self.line.counts.broken += 1
                if agent.connection is not None:
                    agent.connection.close()  # a late answer must not be taken for that of the next try
            else:
                took_ms = (time.perf_counter() - begun) * 1_000
                if self.line.judged(agent, sealed, response, took_ms) is None:  # type: ignore[arg-type]
                    return
            await self.line.deliver(agent, sealed)

        await asyncio.gather(*(settled(agent, sealed, answer) for agent, sealed, answer in sent))  # type: ignore[arg-type]
        return {"sent_s": sent_s, "acked_s": time.perf_counter() - begun}

    async def backlog(self, batches: str, records: str) -> dict[str, float]:
        """A week without a connection, sent now: batches of looks at the host, oldest first."""
        many, size = int(batches), int(records)
        step = timedelta(seconds=WEEK_S / many / size)
        began = datetime.now(UTC) - timedelta(seconds=WEEK_S)

        async def one(agent: SimulatedAgent) -> None:
            await asyncio.sleep(self.chance.random() * self.plan.interval_s)
            for at in range(many):
                looks: list[Record] = [
                    agent.host.health(step.total_seconds(), began + step * (at * size + which)) for which in range(size)
                ]
                await self.line.deliver(agent, agent.seal(looks, ()))

        begun = time.perf_counter()
        await asyncio.gather(*map(one, self.agents))
        return {"batches": many * len(self.agents), "took_s": time.perf_counter() - begun}

    async def sever(self) -> dict[str, float]:
        """The network is gone for a moment."""
        for agent in self.agents:
            if agent.connection is not None:
                agent.connection.close()
        return {"severed": len(self.agents)}

    async def hurry(self) -> dict[str, float]:
        """A herd: whoever waits for its time does not wait."""
        self.hurrying.set()
        await asyncio.sleep(0)
        self.hurrying.clear()
        return {"hurried": len(self.tasks)}

    async def drain(self) -> dict[str, float]:
        """End the lives; each ends with what it had sealed acknowledged."""
        self.stopping.set()
        begun = time.perf_counter()
        sleeping = [task for task, agent in zip(self.tasks, self.agents, strict=False) if agent.waiting is None]
        for task in sleeping:
            task.cancel()
        for result in await asyncio.gather(*self.tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
        self.tasks = []
        for agent in self.agents:
            if agent.waiting is not None:
                await self.line.deliver(agent, agent.waiting)
        self.line.ledger.flush()
        return {"took_s": time.perf_counter() - begun}

    async def serve(self) -> None:
        """Commands from standard input until `quit` or its end."""
        kept = asyncio.create_task(self.line.ledger.keep())
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while (words := (await reader.readline()).decode().split()) and words[0] != "quit":
            act: Callable[..., Awaitable[object]] = getattr(self, words[0])
            answer = await act(*words[1:])
            sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
            sys.stdout.buffer.flush()
        kept.cancel()
        self.line.ledger.close()


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    worker = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    asyncio.run(_run(worker))


async def _run(plan: Plan) -> None:
    await Worker(plan).serve()


if __name__ == "__main__":
    main()
