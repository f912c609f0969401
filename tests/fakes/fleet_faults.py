"""What can be done to a collector while a fleet works with it: each fault does its harm, and undoes it."""

from __future__ import annotations

import random
import resource
import signal
import socket
import sqlite3
import ssl
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field

from benchmarks.agents.collector import MeasuredCollector
from benchmarks.agents.crew import Crew
from tests.fakes.killable_postgresql import KillablePostgresql

LOCKED_S = 12.0  # longer than a writer waits for another process's lock
FULL_S = 3.0
HALF_OPEN = 200
FLOOD_S = 2.0
PIECE = b"POST /v1/exchange HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5000\r\n\r\nnot all of it"


@dataclass
class Harm:
    """The faults of one soak; `server` is there on PostgreSQL."""

    collector: MeasuredCollector
    hands: Crew
    chance: random.Random
    server: KillablePostgresql | None = None
    half_open: list[socket.socket] = field(default_factory=list)

    def faults(self) -> dict[str, Callable[[], None]]:
        """Everything that can be done here."""
        acts = [self.kill, self.restart, self.herd, self.flood, self.sever, self.leave_half_open, self.fill]
        acts += [self.lock] if self.server is None else [self.kill_database, self.restart_database]
        return {act.__name__: act for act in acts}

    def kill(self) -> None:
        """The collector is gone from one moment to the next."""
        self.collector.stop(signal.SIGKILL)
        self.collector.start()

    def restart(self) -> None:
        """It ends in order and starts again."""
        self.collector.stop()
        self.collector.start()

    def herd(self) -> None:
        """All agents at once, all with new connections: the network was away for a moment."""
        self.hands.ask("sever")
        self.hands.ask("hurry")

    def sever(self) -> None:
        """Every connection is cut, mostly under a request."""
        self.hands.ask("sever")

    def flood(self) -> None:
        """Somebody without a key sends as fast as the line takes it, over few connections."""
        end = time.monotonic() + FLOOD_S
        request = b"POST /v1/exchange HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\n\r\nabc"
        while time.monotonic() < end:
            with suppress(OSError), self._connection() as line:
                for _ in range(50):
                    line.sendall(request)
                    if not line.recv(65_536):
                        break

    def leave_half_open(self) -> None:
        """Connections with a part of a request that never goes on; those of the last time are forgotten."""
        for line in self.half_open:
            line.close()
        self.half_open = []
        for at in range(HALF_OPEN):
            with suppress(OSError):
                line = self._connection() if at % 2 else self._plain()
                self.half_open.append(line)
                line.sendall(PIECE[: self.chance.randrange(len(PIECE))])

    def lock(self) -> None:
        """Another process holds the database longer than a writer waits."""
        with closing(sqlite3.connect(self.collector.database, isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(LOCKED_S)
            other.execute("ROLLBACK")

    def fill(self) -> None:
        """No file may grow any more: what a full disk is to a writer. On PostgreSQL only the collector's own files."""
        log = self.collector.database.with_name("collector.db-wal")
        sizes = [path.stat().st_size for path in (self.collector.database, log) if path.exists()]
        limit = resource.prlimit(self.collector.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.collector.pid, resource.RLIMIT_FSIZE, (max([4_096, *sizes]), limit[1]))
        try:
            time.sleep(FULL_S)
        finally:
            resource.prlimit(self.collector.pid, resource.RLIMIT_FSIZE, limit)

    def kill_database(self) -> None:
        """PostgreSQL is gone, recovers, and is back."""
        assert self.server is not None
        self.server.stop(signal.SIGKILL)
        self.server.start()

    def restart_database(self) -> None:
        """PostgreSQL is shut down in order, and is back."""
        assert self.server is not None
        self.server.stop()
        self.server.start()

    def close(self) -> None:
        """Forget what is still half open."""
        for line in self.half_open:
            line.close()

    def _plain(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.collector.port), timeout=10)

    def _connection(self) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=self.collector.ca)
        return context.wrap_socket(self._plain(), server_hostname="localhost")
