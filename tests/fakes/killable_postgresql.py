"""A PostgreSQL of our own that keeps what it has committed, and can be killed with SIGKILL and started again."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.fakes.database_servers import POSTGRESQL, account, free_port

START_S = 40.0


@dataclass
class KillablePostgresql:
    """The cluster below `folder`, on a port that stays; user boss without a password, database fleet."""

    programs: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "fleet") -> str:
        """The connection string."""
        return f"postgresql://boss@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, and wait until it has recovered; after a kill its orphans have to end first."""
        end = time.monotonic() + START_S
        while not self._answers():
            assert time.monotonic() < end, (self.folder / "server.out").read_text(errors="replace")[-2_000:]
            if self.process is None or self.process.poll() is not None:
                self.process = self._started()
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT as a host that shuts down, SIGKILL as one that does not."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(30)
            self.process = None

    def _started(self) -> subprocess.Popen[bytes]:
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder,
                   "shared_buffers": "32MB", "max_connections": 60}  # fmt: skip
        argv = [str(self.programs / "postgres"), "-D", "cluster"]
        for name, value in options.items():
            argv += ["-c", f"{name}={value}"]
        with (self.folder / "server.out").open("ab") as out:
            return subprocess.Popen(argv, cwd=self.folder, stdout=out, stderr=out, user=account())

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.url("postgres"), connect_timeout=5) as connection:
            return connection.execute("SELECT NOT pg_is_in_recovery()").fetchone() == (True,)
        return False


@contextmanager
def killable_postgresql() -> Iterator[KillablePostgresql]:
    """One that runs; nothing of it is left afterwards. Skips without PostgreSQL."""
    if not POSTGRESQL:
        pytest.skip("no PostgreSQL server")
    folder = Path(tempfile.mkdtemp(prefix="sw-pg-", dir="/tmp"))
    folder.chmod(0o777)
    server = KillablePostgresql(POSTGRESQL[-1], folder, free_port())
    try:
        make = [str(server.programs / "initdb"), "-D", "cluster", "-U", "boss", "--auth=trust",
                "-E", "UTF8", "--locale=C", "--no-sync"]  # fmt: skip
        subprocess.run(make, cwd=folder, user=account(), check=True, capture_output=True, timeout=50)
        server.start()
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE fleet")
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
