"""How long a signed exchange with a ticket takes, and how many batches a second one collector takes.

Starts `sitewarden-collector serve` with its own state in a temporary directory, plain HTTP on
loopback, and sends from this process; both share the machine's cores.

    python -m benchmarks.check_in
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.builders import a_health, an_event
from tests.fakes.signing_agent import SigningAgent
from wire import enrolment
from wire.enrolment import Token, parse_token

SETTINGS = """
state: state
exchange: {port: 0}
console: {port: 0}
rules: {open_delay_s: [0, 0, 0, 0]}
"""
PROGRAM = [sys.executable, "-m", "collector"]
AGENTS, ROUNDS, SINGLE = 32, 40, 300


async def measure(address: str, tokens: list[Token], server: int) -> None:
    limits = httpx.Limits(max_connections=AGENTS)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
        agents = [await enrolled(client, token) for token in tokens]
        times = []
        begun = cpu_s(server)
        for at in range(SINGLE):
            agent = agents[at % AGENTS]
            now = datetime.now(UTC)
            event = an_event(event_id=f"{at:032x}", code=f"C-{at}", occurred_at=now, first_at=now, last_at=now)
            sent = agent.exchange(agent.batch(a_health(), event))
            since = time.perf_counter()
            response = await client.post(sent.path, headers=sent.headers, content=sent.body)
            times.append((time.perf_counter() - since) * 1_000)
            assert response.status_code == 200, response.text
        times.sort()
        used = (cpu_s(server) - begun) / SINGLE * 1_000
        words = f"p50 {statistics.median(times):.1f} ms, p99 {times[-3]:.1f} ms, collector CPU {used:.1f} ms each"
        print(f"one exchange that opens a ticket: {words}")
        await flood(client, agents, server)


def a_token(folder: Path, at: int) -> Token:
    words = ["site", "add", f"site-{at}", "--name", "S", "--customer", "C", "--tz", "Asia/Seoul", "--json"]
    output = subprocess.run([*PROGRAM, *words, "--settings", folder / "c.yaml"], check=True, capture_output=True)
    return parse_token(json.loads(output.stdout)["token"])


async def enrolled(client: httpx.AsyncClient, token: Token) -> SigningAgent:
    agent = SigningAgent(token.receipt_key_id)
    sent = agent.enrolment(token)
    response = await client.post(sent.path, headers=sent.headers, content=sent.body)
    agent.id = enrolment.decode_enrol_reply(response.content).agent
    return agent


async def flood(client: httpx.AsyncClient, agents: list[SigningAgent], server: int) -> None:
    async def one(agent: SigningAgent, at: int) -> None:
        for turn in range(ROUNDS):
            event = an_event(event_id=f"{at:08x}{turn:08x}{1:016x}")
            sent = agent.exchange(agent.batch(a_health(), event))
            response = await client.post(sent.path, headers=sent.headers, content=sent.body)
            assert response.status_code == 200, response.text

    begun, used = time.perf_counter(), cpu_s(server)
    await asyncio.gather(*(one(agent, at) for at, agent in enumerate(agents)))
    elapsed, used = time.perf_counter() - begun, cpu_s(server) - used
    count = AGENTS * ROUNDS
    words = f"{count / elapsed:.0f} batches/s, {used / count * 1_000:.2f} ms collector CPU each"
    print(f"{AGENTS} agents at once: {words} (the sender is on the same cores)")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "c.yaml").write_text(SETTINGS)
        words = ["serve", "--settings", str(folder / "c.yaml"), "--json"]
        server = subprocess.Popen([*PROGRAM, *words], stdout=subprocess.PIPE)
        try:
            assert server.stdout is not None
            address = json.loads(server.stdout.readline())["exchange"]
            tokens = [a_token(folder, at) for at in range(AGENTS)]
            asyncio.run(measure(address, tokens, server.pid))
        finally:
            server.terminate()
            server.wait()


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
