"""A PostgreSQL that can be killed, restarted, followed by a standby and succeeded by it; durable, as in a real desk.

Everything lies in one folder under /tmp and ends with the test.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from tests.fakes.database_servers import POSTGRESQL, account, free_port

START_S = 40
CALL_S = 30  # for any single answer; longer than the machine is ever busy, shorter than a test
PASSWORD = "p"  # of servers that live as long as a test
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "16MB",
    "max_connections": "30",
    "wal_level": "replica",
    "max_wal_senders": "4",
    "hot_standby": "on",
}


@dataclass
class Node:
    """One server."""

    folder: Path  # holds `cluster`, and what the server says
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    wrapped: tuple[str, ...] = ()  # a program that starts the server, in its place in the process tree
    process: subprocess.Popen[bytes] | None = None

    @property
    def cluster(self) -> Path:
        """Its data."""
        return self.folder / "cluster"

    def start(self) -> None:
        """Run, and wait until it answers."""
        argv = [*self.wrapped, _program("postgres"), "-D", str(self.cluster)]
        values = {**SETTINGS, **self.settings, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        for name, value in values.items():
            argv += ["-c", f"{name}={value}"]
        user = None if self.wrapped else account()
        with (self.folder / "server.out").open("ab") as out:
            self.process = subprocess.Popen(argv, cwd=self.folder, stdout=out, stderr=out, user=user)
        end = time.monotonic() + START_S
        while not self._answers():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < end, self.said()
            time.sleep(0.05)

    def said(self) -> str:
        """The end of its log."""
        return (self.folder / "server.out").read_text(errors="replace")[-3_000:]

    def _answers(self) -> bool:
        argv = [_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "boss"]
        return subprocess.run(argv, check=False, timeout=CALL_S).returncode == 0

    def kill(self) -> None:
        """SIGKILL to the server and all its children: what a power cut leaves of processes."""
        assert self.process is not None
        children = _children(self.process.pid)
        for pid in (self.process.pid, *children):
            _signal(pid, signal.SIGKILL)
        self.process.wait(20)
        for pid in children:
            _gone(pid)

    def stop(self) -> None:
        """End it in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def promote(self) -> None:
        """From now on this standby takes writes."""
        self.execute("SELECT pg_promote()")

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """As the owner of everything, outside of a transaction."""
        where = f"postgresql://boss@127.0.0.1:{self.port}/{database}"
        with psycopg.connect(where, password=PASSWORD, autocommit=True, connect_timeout=CALL_S) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def primary() -> Iterator[Node]:
    """A new server with an empty database `desk`; skips without PostgreSQL."""
    if not POSTGRESQL:
        pytest.skip("no PostgreSQL server")
    with _folder() as folder:
        node = Node(folder)
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        _run("initdb", folder, "-D", "cluster", "-U", "boss", "--pwfile=password", "--auth=scram-sha-256",
             "-E", "UTF8", "--locale=C", "--no-sync")  # fmt: skip
        with (node.cluster / "pg_hba.conf").open("a") as file:
            file.write("host replication boss 127.0.0.1/32 scram-sha-256\n")
        try:
            node.start()
            node.execute("CREATE DATABASE desk")
            yield node
        finally:
            node.stop()


@contextmanager
def standby_of(node: Node) -> Iterator[Node]:
    """A copy that follows, and that the primary waits for before it says that something is durable."""
    with _folder() as folder:
        other = Node(folder)
        where = f"host=127.0.0.1 port={node.port} user=boss password={PASSWORD} application_name=standby"
        _run("pg_basebackup", folder, "-D", "cluster", "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", where)
        try:
            other.start()
            node.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            node.execute("SELECT pg_reload_conf()")
            _until_synchronous(node)
            yield other
        finally:
            other.stop()


def url_of(*nodes: Node, database: str = "desk") -> str:
    """A connection string that names all of them."""
    return f"postgresql://boss@{','.join(f'127.0.0.1:{node.port}' for node in nodes)}/{database}"


def _until_synchronous(node: Node) -> None:
    end = time.monotonic() + START_S
    while node.execute("SELECT sync_state FROM pg_stat_replication") != [("sync",)]:
        assert time.monotonic() < end, node.said()
        time.sleep(0.05)


def _program(name: str) -> str:
    return str(POSTGRESQL[-1] / name)


def _run(name: str, folder: Path, *arguments: str) -> None:
    argv = [_program(name), *arguments]
    subprocess.run(argv, cwd=folder, user=account(), check=True, capture_output=True, timeout=60)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sw-pg-", dir="/tmp"))
    folder.chmod(0o777)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _children(pid: int) -> list[int]:
    argv = ["ps", "-o", "pid=", "--ppid", str(pid)]
    found = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=CALL_S)
    own = [int(line) for line in found.stdout.split()]
    return own + [each for child in own for each in _children(child)]


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _has_ended(pid: int) -> bool:
    """Gone, or waiting for its parent to take notice: nobody promises that the first process hurries."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    except OSError:
        return True


def _gone(pid: int) -> None:
    end = time.monotonic() + START_S
    while not _has_ended(pid):
        assert time.monotonic() < end, f"{pid} is still there"
        time.sleep(0.01)
