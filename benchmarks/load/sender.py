"""Sends check-ins that were packed and signed before the clock started: the load, in a process of its own.

Reads one plan (JSON) from its first argument, prints `ready`, waits for a line, sends, prints what came of it.
A plan with a rate sends at that rate whatever comes back; one without sends again as soon as it is answered.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from benchmarks.load.agents import agent_of, event, health
from tests.fakes.signing_agent import Sent
from wire.messages import Record


class Plan(msgspec.Struct, kw_only=True):
    """`turns` check-ins of each of the agents from `first` on; `begin` is how many each has sent before."""

    port: int
    receipt_key_id: str
    kind: str  # health, repeated, opening, rows, folded
    first: int = 0
    agents: int
    turns: int
    begin: int = 0
    connections: int = 32
    rate: float = 0.0  # check-ins a second; 0: as fast as they are answered


class Result(msgspec.Struct, kw_only=True):
    """Milliseconds and counts."""

    sent: int
    failed: int
    elapsed_s: float
    p50_ms: float
    p99_ms: float
    worst_ms: float


def records(kind: str, number: int, turn: int) -> list[Record]:
    name = f"{number:08x}{turn:08x}"
    if kind == "repeated":
        return [health(number, turn), event(f"{name}{0:016x}", "BIL-1001")]
    if kind == "opening":
        return [health(number, turn), event(f"{name}{0:016x}", f"BIL-{number}-{turn}")]
    if kind in {"rows", "folded"}:
        count = 1 if kind == "rows" else 50
        return [event(f"{name}{at:016x}", f"BIL-100{at % 5}", count=count) for at in range(50)]
    return [health(number, turn)]


def requests(plan: Plan) -> list[bytes]:
    agents = [agent_of(plan.first + at, plan.receipt_key_id) for at in range(plan.agents)]
    made = []
    for turn in range(plan.begin, plan.begin + plan.turns):
        for at, agent in enumerate(agents):
            batch = agent.batch(*records(plan.kind, plan.first + at, turn), sequence=turn + 1)
            made.append(_bytes(agent.exchange(batch)))
    return made


def _bytes(sent: Sent) -> bytes:
    fields = {"host": "127.0.0.1", **sent.headers, "content-length": str(len(sent.body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {sent.path} HTTP/1.1\r\n{head}\r\n".encode() + sent.body


async def flood(plan: Plan, made: list[bytes]) -> tuple[list[float], int]:
    """Each connection takes the next request when its last was answered, or when its time has come."""
    begun, order = time.perf_counter(), iter(enumerate(made))
    times: list[float] = []
    outcomes = await asyncio.gather(*(_one(plan, order, begun, times) for _ in range(plan.connections)))
    return times, sum(outcomes)


async def _one(plan: Plan, order: Iterator[tuple[int, bytes]], begun: float, times: list[float]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", plan.port)
    failed = 0
    for at, request in order:
        due = begun + at / plan.rate if plan.rate else time.perf_counter()
        if due > time.perf_counter():
            await asyncio.sleep(due - time.perf_counter())
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]))
        failed += not head.startswith(b"HTTP/1.1 200")
        times.append(time.perf_counter() - due)
    writer.close()
    return failed


def main() -> None:
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    made = requests(plan)
    gc.freeze()
    print("ready", flush=True)
    sys.stdin.readline()
    begun = time.perf_counter()
    times, failed = asyncio.run(flood(plan, made))
    elapsed = time.perf_counter() - begun
    times.sort()
    result: dict[str, Any] = {
        "sent": len(times),
        "failed": failed,
        "elapsed_s": elapsed,
        "p50_ms": times[len(times) // 2] * 1_000,
        "p99_ms": times[int(len(times) * 0.99)] * 1_000,
        "worst_ms": times[-1] * 1_000,
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
