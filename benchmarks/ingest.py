"""What a check-in costs the collector, beside the least that it could cost: both in one run.

Starts a floor (`benchmarks/load/floor.py`) and `sitewarden-collector serve`, each with its own database in a
temporary directory, plain HTTP on loopback; a third process sends the same check-ins to both, one after the
other. Processor time is that of the server's process from /proc, with everything it does meanwhile. Each agent is a
site of its own; both let batches wait equally long for others. New tickets are of level 1, which no budget holds back.
With `postgresql` the collector has a PostgreSQL of its own (the floor stays on SQLite); what that server uses is told
beside the collector's own processor time.

    python -m benchmarks.ingest [sqlite|postgresql]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from benchmarks.load.agents import key_id_of, key_of
from benchmarks.load.sender import Plan, Result
from collector.fleet.model import KnownAgent, Site
from collector.fleet.repository import add_agent, add_site
from collector.ingest.writer import LINGER_S
from collector.store.opening import open_store_in
from tests.fakes.killable_postgresql import KillablePostgresql, killable_postgresql
from wire import keys
from wire.enrolment import parse_token

AGENTS = 10_000
RATE = AGENTS / 60  # check-ins a second when each reports once a minute
SETTINGS = "state: {state}\nexchange: {{port: 0}}\nconsole: {{port: 0}}\n{database}"
PROGRAM = [sys.executable, "-m", "collector"]


@dataclass(frozen=True)
class Server:
    """A process that takes check-ins."""

    pid: int
    port: int
    receipt_key_id: str
    database_pid: int | None = None  # of a PostgreSQL


@dataclass(frozen=True)
class Measured:
    """Processor time of the server for each check-in, and what the sender saw."""

    cpu_us: float
    cores: float
    result: Result
    database_us: float = 0.0  # of a PostgreSQL


def main() -> None:
    is_postgresql = sys.argv[1:] == ["postgresql"]
    with (
        tempfile.TemporaryDirectory() as name,
        killable_postgresql() if is_postgresql else nullcontext() as database,
        collector(Path(name), database) as server,
        floor(Path(name), server.receipt_key_id) as least,
    ):
        compare(least, server)
        throughput(server)


def compare(least: Server, server: Server) -> None:
    """The same plans on both."""
    sequence = Turns()
    for kind, words in (
        ("health", "health of 60 numbers"),
        ("repeated", "the same and an event on an open ticket"),
        ("opening", "the same and a new ticket with its clocks"),
    ):
        few: dict[str, object] = {"agents": 128, "first": 0, "kind": kind}
        if kind == "repeated":
            measure(server, sequence.plan(server, turns=1, **few))  # opens the tickets
        turns = 2 if kind == "opening" else 16
        paced = {**few, "rate": RATE, "connections": 64}
        for load, plan in (("32 at once", few), (f"{RATE:.0f}/s", paced)):
            turn = sequence.next(turns)
            floor_run = measure(least, sequence.at(least, turn, turns=turns, **plan))
            run = measure(server, sequence.at(server, turn, turns=turns, **plan))
            tell(f"{words}, {load}", run, floor_run)


def throughput(server: Server) -> None:
    """Batches of 50 events on open tickets."""
    sequence = Turns(1_000)
    for kind, each, words in (("rows", 50, "events, each a row"), ("folded", 2_500, "lines, folded by the agent")):
        few: dict[str, object] = {"agents": 32, "first": 200, "kind": kind}
        measure(server, sequence.plan(server, turns=1, **few))
        run = measure(server, sequence.plan(server, turns=6, **few))
        durable = run.result.sent * each / run.result.elapsed_s
        print(
            f"batches of 50: {durable:,.0f} durable {words} a second, {run.cpu_us / 50:.0f} us of CPU a row"
            f"{of_database(run.database_us / 50)}",
            flush=True,
        )


class Turns:
    """Sequences of the batches, so that none is sent twice."""

    def __init__(self, begin: int = 0) -> None:
        self._next = begin

    def next(self, turns: int) -> int:
        """Take so many; the first of them."""
        begun, self._next = self._next, self._next + turns
        return begun

    def at(self, server: Server, begin: int, **plan: object) -> Plan:
        """A plan for one server that begins there."""
        fields = {"port": server.port, "receipt_key_id": server.receipt_key_id, "begin": begin, **plan}
        return msgspec.convert(fields, Plan)

    def plan(self, server: Server, turns: int, **plan: object) -> Plan:
        """The next turns of one server."""
        return self.at(server, self.next(turns), turns=turns, **plan)


def measure(server: Server, plan: Plan) -> Measured:
    words = [sys.executable, "-m", "benchmarks.load.sender", msgspec.json.encode(plan).decode()]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sender:
        assert sender.stdin is not None
        assert sender.stdout is not None
        assert sender.stdout.readline() == "ready\n"
        begun, database = cpu_s(server.pid), database_s(server)
        sender.stdin.write("go\n")
        sender.stdin.flush()
        result = msgspec.json.decode(sender.stdout.readline(), type=Result)
        used, database = cpu_s(server.pid) - begun, database_s(server) - database
    assert result.failed == 0, f"{result.failed} of {result.sent} were refused"
    each = 1e6 / result.sent
    return Measured(used * each, used / result.elapsed_s, result, database * each)


def database_s(server: Server) -> float:
    """Processor time of a PostgreSQL and of those that serve its connections, as long as they live."""
    if server.database_pid is None:
        return 0.0
    children = Path(f"/proc/{server.database_pid}/task/{server.database_pid}/children").read_text().split()
    return cpu_s(server.database_pid) + sum(map(cpu_s, map(int, children)))


def of_database(each_us: float) -> str:
    """How it is told; empty where there is none."""
    return f", and {each_us:.0f} us of PostgreSQL" if each_us else ""


def tell(words: str, run: Measured, least: Measured) -> None:
    ratio = run.cpu_us / least.cpu_us
    print(
        f"{words}: {run.cpu_us:.0f} us of CPU, floor {least.cpu_us:.0f} us, {ratio:.2f} times as much"
        f"{of_database(run.database_us)}",
        flush=True,
    )
    one, other = run.result, least.result
    print(
        f"    {100 * run.cores:.0f} % of a core at {one.sent / one.elapsed_s:.0f}/s, "
        f"p50 {one.p50_ms:.1f} ms, p99 {one.p99_ms:.1f} ms (floor {other.p50_ms:.1f} and {other.p99_ms:.1f} ms)",
        flush=True,
    )


@contextmanager
def floor(folder: Path, receipt_key_id: str) -> Iterator[Server]:
    words = [sys.executable, "-m", "benchmarks.load.floor", folder, str(AGENTS), receipt_key_id, str(LINGER_S)]
    with running([str(word) for word in words]) as (process, line):
        yield Server(process.pid, urlsplit(line).port or 0, receipt_key_id)


@contextmanager
def collector(folder: Path, database: KillablePostgresql | None) -> Iterator[Server]:
    settings, state = folder / "c.yaml", folder / "state"
    url = database.url() if database else None
    settings.write_text(SETTINGS.format(state=state, database=f"database: {url}\n" if url else ""))
    words = ["site", "add", "first", "--name", "S", "--customer", "C", "--tz", "Asia/Seoul", "--json"]
    output = subprocess.run([*PROGRAM, *words, "--settings", settings], check=True, capture_output=True).stdout
    enrol(state, url)
    process_of = database.process if database else None
    with running([*PROGRAM, "serve", "--settings", str(settings), "--json"]) as (process, line):
        port = urlsplit(json.loads(line)["exchange"]).port or 0
        key_id = parse_token(json.loads(output)["token"]).receipt_key_id
        yield Server(process.pid, port, key_id, process_of.pid if process_of else None)


def enrol(state: Path, url: str | None) -> None:
    """All agents at once, each with a site of its own."""
    store, now = open_store_in(state, url), datetime.now(UTC)
    with store.writing() as connection:
        for at in range(AGENTS):
            add_site(connection, Site(f"site-{at}", "Clinic", "Customer", "Asia/Seoul", "en", now))
            public = key_of(at).public_key()
            known = KnownAgent(f"agent-{at}", f"site-{at}", key_id_of(at), public, revoked=False)
            facts = {"hostname": f"clinic-{at}", "os": "Debian GNU/Linux 12", "agent_version": "0.1.0"}
            add_agent(connection, known=known, public_key=keys.public_bytes(public), facts=facts, now=now)
    store.close()


@contextmanager
def running(words: list[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
