"""What it costs the collector that agents wait: memory and processor time of so many, and how fast one is told.

Starts `sitewarden-collector serve` with its own state in a temporary directory, plain HTTP on loopback.
Every agent has its own key and its own connection, and asks again when its time is over.

    python -m benchmarks.waiting [AGENTS]
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.check_in import PROGRAM, cpu_s
from collector.app import build_parts
from collector.fleet import repository as fleet
from collector.fleet.model import KnownAgent
from collector.parts import Parts
from collector.relay.service import send
from collector.settings.reading import load_settings
from terminal import Terminal
from tests.fakes.running_collector import add_site
from tests.fakes.signing_agent import SigningAgent
from wire.documents.envelope import add_signature, encode_envelope
from wire.documents.model import Approval, write_document
from wire.keys import public_bytes
from wire.waiting import decode_answer

SETTINGS = """
state: state
exchange: {port: 0}
console: {port: 0}
rules: {waiters: 20000}
"""
AGENTS, AT_ONCE, TOLD = 10_000, 200, 20
STILL_S, STEADY_S = 10.0, 60.0


class Waiter:
    """One agent with one connection."""

    def __init__(self, agent: SigningAgent) -> None:
        self.agent = agent
        self.is_due = asyncio.Event()
        self.answers = 0

    async def connect(self, port: int) -> None:
        """Connect and ask."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        self.ask()

    def ask(self) -> None:
        """Send the question."""
        sent = self.agent.wait(50.0)
        head = [f"POST {sent.path} HTTP/1.1", "host: x", f"content-length: {len(sent.body)}"]
        head += [f"{name}: {value}" for name, value in sent.headers.items()]
        self._writer.write("\r\n".join([*head, "", ""]).encode() + sent.body)

    async def go_on(self) -> None:
        """Ask again and again, as an agent does."""
        while True:
            head = await self._reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            self.answers += 1
            if decode_answer(await self._reader.readexactly(length)).due:
                self.is_due.set()
            else:
                self.ask()


def enrolled(folder: Path, count: int) -> list[SigningAgent]:
    """So many agents of one site, straight into the database."""
    token = add_site(folder)
    agents = [SigningAgent(token.receipt_key_id, id=f"agent-{at:05d}") for at in range(count)]
    parts = opened(folder)
    facts = {"hostname": "h", "os": "o", "agent_version": "1"}
    with parts.store.writing() as connection:
        for agent in agents:
            known = KnownAgent(agent.id, "seoul", agent.key_id, agent.key.public_key(), revoked=False)
            raw = public_bytes(agent.key)
            fleet.add_agent(connection, known=known, public_key=raw, facts=facts, now=parts.now())
    parts.store.close()
    return agents


def opened(folder: Path) -> Parts:
    return build_parts(load_settings(folder / "c.yaml", Terminal()))


def a_document(agent: SigningAgent) -> bytes:
    now = datetime.now(UTC)
    approval = Approval(
        id=os.urandom(16).hex(), site="seoul", hosts=[agent.id], made_at=now, not_before=now,
        not_after=now + timedelta(hours=1), approves="0" * 64, approver="Kim",
    )  # fmt: skip
    return encode_envelope(add_signature(write_document(approval), agent.key))


def rss_mb(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1_000


async def measure(folder: Path, port: int, pid: int, agents: list[SigningAgent]) -> None:
    waiters = [Waiter(agent) for agent in agents]
    before_mb, begun, used = rss_mb(pid), time.perf_counter(), cpu_s(pid)
    for start in range(0, len(waiters), AT_ONCE):
        await asyncio.gather(*(waiter.connect(port) for waiter in waiters[start : start + AT_ONCE]))
    tasks = [asyncio.create_task(waiter.go_on()) for waiter in waiters]
    await caught_up(pid)
    used, count = cpu_s(pid) - used, len(waiters)
    print(f"{count} connect and wait: {time.perf_counter() - begun:.0f} s, {used / count * 1_000:.2f} ms of CPU each")
    memory = (rss_mb(pid) - before_mb) / count * 1_000
    print(f"memory: {rss_mb(pid):.0f} MB with them, {memory:.1f} KB each, {before_mb:.0f} MB before")
    await idle(pid, "while they wait", STILL_S)
    answers = sum(waiter.answers for waiter in waiters)
    await idle(pid, "with asking again", STEADY_S)
    print(f"  {(sum(waiter.answers for waiter in waiters) - answers) / STEADY_S:.0f} answers a second")
    await tell(folder, waiters)
    ended = [task for task in tasks if task.done()]
    assert not ended, ended[0].exception()
    for task in tasks:
        task.cancel()


async def caught_up(pid: int) -> None:
    """Until the collector has read all that was sent."""
    for _ in range(20):
        used = cpu_s(pid)
        await asyncio.sleep(1)
        if cpu_s(pid) - used < 0.1:
            return


async def idle(pid: int, name: str, seconds: float) -> None:
    used = cpu_s(pid)
    await asyncio.sleep(seconds)
    print(f"CPU {name}: {(cpu_s(pid) - used) / seconds * 100:.1f} % of a core")


async def tell(folder: Path, waiters: list[Waiter]) -> None:
    """How long from a document's commit to the answer at its agent."""
    parts, took = opened(folder), []
    for waiter in waiters[:: len(waiters) // TOLD][:TOLD]:
        await asyncio.to_thread(send, parts.store, a_document(waiter.agent), now=parts.now())
        since = time.perf_counter()
        async with asyncio.timeout(30):
            await waiter.is_due.wait()
        took.append(time.perf_counter() - since)
    parts.store.close()
    print(f"document to answer, one of {len(waiters)}: median {statistics.median(took):.3f} s, worst {max(took):.3f} s")
    assert sum(waiter.is_due.is_set() for waiter in waiters) == len(took), "somebody was woken for nothing"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else AGENTS
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "c.yaml").write_text(SETTINGS)
        agents = enrolled(folder, count)
        server = subprocess.Popen(
            [*PROGRAM, "serve", "--settings", str(folder / "c.yaml"), "--json"], stdout=subprocess.PIPE
        )
        try:
            assert server.stdout is not None
            address = json.loads(server.stdout.readline())["exchange"]
            asyncio.run(measure(folder, int(address.rpartition(":")[2]), server.pid, agents))
            begun = time.perf_counter()
        finally:
            server.terminate()
            server.wait()
        print(f"the collector's end: {time.perf_counter() - begun:.1f} s")


if __name__ == "__main__":
    main()
