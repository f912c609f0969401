"""The collector that is measured: its folder and settings, its process, what /proc says of it, what it has stored."""

from __future__ import annotations

import json
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.agents.agent import Member
from benchmarks.agents.certificates import CA, CERTIFICATE, KEY, make_certificates
from benchmarks.agents.ledger import Stored
from benchmarks.agents.plan import write_roster
from collector.app import build_parts
from collector.fleet import repository as fleet
from collector.fleet.model import KnownAgent, Site
from collector.parts import Parts
from collector.settings.reading import load_settings
from terminal import Terminal
from wire.keys import Ed25519PrivateKey, key_id, public_bytes, public_text

START_S = 120.0  # of ten thousand agents on a busy machine, with room
PAGE_S = 120.0
SERVE = (sys.executable, "-m", "collector")
# The rules are the usual ones: a fault of the whole fleet becomes one problem, and each site has its ticket for it.
SETTINGS = """
state: state
exchange: {{port: {port}{certificate}}}
console: {{port: 0}}
rules:
  open_delay_s: [0, 0, 0, 0]
  heartbeat_s: {interval_s}
{more}
"""


def _free_port() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])


@dataclass
class MeasuredCollector:
    """Settings and state below `folder`; the process comes and goes, the port stays."""

    folder: Path
    interval_s: float = 60.0
    tls: bool = True
    store: str = "sqlite"  # or the connection string of an empty PostgreSQL database
    more: str = ""  # further lines of the settings
    program: Sequence[str] = SERVE
    port: int = field(default_factory=_free_port)
    process: subprocess.Popen[str] | None = None
    console: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        certificate = ""
        if self.tls:
            make_certificates(self.folder)
            certificate = f", certificate: {self.folder / CERTIFICATE}, key: {self.folder / KEY}"
        database = "" if self.store == "sqlite" else f"database: {self.store}\n"
        content = SETTINGS.format(
            port=self.port, certificate=certificate, interval_s=self.interval_s, more=f"{database}{self.more}"
        )
        self.settings.write_text(content)

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.folder / "collector.yaml"

    @property
    def ca(self) -> str:
        """What agents trust; empty for plain HTTP."""
        return str(self.folder / CA) if self.tls else ""

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "state" / "collector.db"

    @property
    def pid(self) -> int:
        """The process; it must run."""
        assert self.process is not None
        return self.process.pid

    def enrol(self, count: int, hosts_per_site: int = 1) -> tuple[Path, str]:
        """So many agents and their sites, straight into the store; the roster's path, and the receipt key.

        Not through enrolment: each one makes the collector read its whole registry again, which is
        right for a person who adds a host and takes hours for ten thousand.
        """
        parts = build_parts(load_settings(self.settings, Terminal()))
        try:
            members = _enrolled(parts, count, hosts_per_site)
            receipt_key = public_text(parts.receipt_key)
        finally:
            parts.store.close()
        roster = self.folder / "roster.json"
        write_roster(roster, members)
        return roster, receipt_key

    def start(self) -> None:
        """Start it and wait until it answers."""
        words = [*self.program, "serve", "--settings", str(self.settings), "--json"]
        with (self.folder / "collector.err").open("ab") as log:
            self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        said = select.select([self.process.stdout], [], [], START_S)[0]
        line = self.process.stdout.readline() if said else ""
        if not line:
            self.process.kill()
            self.process.stdout.close()
            raise RuntimeError(f"the collector ended with {self.process.wait()}: {self.complaints()[-2_000:]}")
        self.console = json.loads(line)["console"]

    def stop(self, number: signal.Signals = signal.SIGTERM, patience_s: float = 60.0) -> None:
        """End it by this signal; nothing if it does not run."""
        if self.process is None:
            return
        self.process.send_signal(number)
        self.process.wait(patience_s)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None

    def complaints(self) -> str:
        """What it wrote to its log."""
        return (self.folder / "collector.err").read_text(errors="replace")

    def backlog_s(self) -> float:
        """Seconds of work that wait in its queue, as its own /healthz tells."""
        with urllib.request.urlopen(f"{self.console}/healthz", timeout=PAGE_S) as page:  # noqa: S310  # our own loopback
            return float(json.loads(page.read())["backlog_s"])

    def stored(self) -> Stored:
        """What its database holds of the fleet's faults."""
        with self._queries() as rows:
            events = rows("SELECT event_id, site_id, code, count FROM event WHERE code LIKE 'CLM-%'")
            tickets = rows(
                "SELECT site_id, code, sum(count) FROM ticket WHERE code LIKE 'CLM-%' GROUP BY site_id, code"
            )
            faults = rows("SELECT site_id, code, sum(total) FROM fingerprint WHERE code LIKE 'CLM-%' "
                          "GROUP BY site_id, code")  # fmt: skip
        return Stored(
            events=[(str(event), str(site), str(code), int(count)) for event, site, code, count in events],
            tickets={(str(site), str(code)): int(count) for site, code, count in tickets},
            faults={(str(site), str(code)): int(count) for site, code, count in faults},
        )

    @contextmanager
    def _queries(self) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
        """SQL to the database itself, past everything of ours."""
        if self.store == "sqlite":
            database = sqlite3.connect(self.database)
            try:
                yield lambda query: database.execute(query).fetchall()
            finally:
                database.close()
        else:
            with psycopg.connect(self.store) as connection:
                yield lambda query: connection.execute(query.encode()).fetchall()


def _enrolled(parts: Parts, count: int, hosts_per_site: int) -> list[Member]:
    facts, now = {"hostname": "h", "os": "Debian GNU/Linux 12", "agent_version": "0.1.0"}, parts.now()
    members = []
    with parts.store.writing() as connection:
        for at in range(count):
            site = f"site-{at // hosts_per_site:05d}"
            if at % hosts_per_site == 0:
                fleet.add_site(connection, Site(site, site, "Hanbit", "Asia/Seoul", "en", now))
            key = Ed25519PrivateKey.generate()
            raw = public_bytes(key)
            known = KnownAgent(f"agent-{at:05d}", site, key_id(raw), key.public_key(), revoked=False)
            fleet.add_agent(connection, known=known, public_key=raw, facts=facts, now=now)
            members.append(Member(known.id, site, key.private_bytes_raw()))
    return members
