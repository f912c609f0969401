"""The PostgreSQL catalogue over what a real server writes when it is really made to fail."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.logs.scan import Scanner
from wire.catalogue.reading import read_catalogue

pytestmark = [pytest.mark.slow]

CATALOGUE = Path(__file__).parents[2] / "deploy" / "catalogues" / "postgresql.yaml"
FULL = re.compile("too many clients|connection slots are reserved")
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))


def account() -> str | None:
    """The server refuses to run as root: give it the account that Debian's package made, or nobody."""
    if os.geteuid() != 0:
        return None
    return next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})


class Server:
    """A PostgreSQL of our own in a folder under /tmp, on a free loopback port, without sockets elsewhere."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.log = folder / "server.log"
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            self.port = int(holder.getsockname()[1])
        self.settings = {"port": str(self.port), "listen_addresses": "127.0.0.1", "fsync": "off", **settings}
        self.settings |= {"unix_socket_directories": str(folder), "lc_messages": "C", "shared_buffers": "16MB"}

    def call(self, program: str, *words: str, expect: int | None = 0) -> str:
        argv = [str(PROGRAMS[-1] / program), *words]
        done = subprocess.run(
            argv, user=account(), cwd=self.folder, capture_output=True, text=True, check=False, timeout=50
        )
        assert expect is None or done.returncode == expect, done.stderr
        return done.stdout + done.stderr

    def sql(self, statement: str, database: str = "postgres", user: str = "boss") -> str:
        words = ["-X", "-h", "127.0.0.1", "-p", str(self.port), "-U", user, "-d", database, "-c", statement]
        return self.call("psql", *words, expect=None)

    def start(self) -> None:
        options = " ".join(f"-c {name}='{value}'" for name, value in self.settings.items())
        self.call("pg_ctl", "-D", "cluster", "-l", str(self.log), "-w", "-o", options, "start")

    def stop(self, mode: str) -> None:
        self.call("pg_ctl", "-D", "cluster", "-w", "-m", mode, "stop", expect=None)


@contextmanager
def server(**settings: str) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="sw-pg-"))
    if name := account():
        os.chown(folder, pwd.getpwnam(name).pw_uid, -1)
    running = Server(folder, **settings)
    try:
        running.call("initdb", "-D", "cluster", "-U", "boss", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
        running.start()
        yield running
        running.stop("immediate")
    finally:
        shutil.rmtree(folder)


def make_it_fail(pg: Server) -> None:
    for statement in (
        "CREATE TABLE patient (id int PRIMARY KEY, name text NOT NULL)",
        "INSERT INTO patient VALUES (1, 'a'), (2, 'b')",
        "INSERT INTO patient VALUES (1, 'again')",
        "SELECT 1/0",
        "SELECT * FROM lab_result",
        "SELEC 1",
        "SET statement_timeout = 50; SELECT pg_sleep(1)",
        "CREATE ROLE nurse LOGIN",
    ):
        pg.sql(statement)
    pg.sql("SELECT * FROM patient", user="nurse")
    pg.sql("SELECT 1", database="nowhere")
    pg.sql("SELECT 1", user="stranger")
    deadlock(pg)
    fill_connections(pg)
    damage(pg)


def deadlock(pg: Server) -> None:
    def cross(first: int, second: int) -> None:
        lock = "SELECT pg_advisory_xact_lock({})"
        pg.sql(f"BEGIN; {lock.format(first)}; SELECT pg_sleep(0.4); {lock.format(second)}; COMMIT")

    both = [threading.Thread(target=cross, args=pair) for pair in ((1, 2), (2, 1))]
    for one in both:
        one.start()
    for one in both:
        one.join()


def fill_connections(pg: Server) -> None:
    deadline = time.monotonic() + 30
    while not FULL.search(pg.log.read_text()) and time.monotonic() < deadline:  # a busy machine starts them one by one
        sleepers = [threading.Thread(target=pg.sql, args=("SELECT pg_sleep(0.8)",)) for _ in range(8)]
        for one in sleepers:
            one.start()
        for one in sleepers:
            one.join()


def damage(pg: Server) -> None:
    path = pg.sql("SELECT pg_relation_filepath('patient')").splitlines()[2].strip()
    pg.stop("fast")
    with (pg.folder / "cluster" / path).open("r+b") as pages:
        pages.write(b"\xde\xad\xbe\xef" * 8)
    pg.start()
    pg.sql("SELECT * FROM patient")


def crash(pg: Server) -> None:
    pid = int(pg.sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'").splitlines()[2])
    os.kill(pid, 9)  # a child of the server that we started
    deadline = time.monotonic() + 20
    while pg.log.read_text().count("ready to accept connections") < 3 and time.monotonic() < deadline:
        time.sleep(0.1)


def hits(log: Path) -> dict[str, list[str]]:
    scanner = Scanner(read_catalogue(CATALOGUE.read_bytes())[0])
    found: dict[str, list[str]] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        if hit := scanner.find([line]):
            found.setdefault(hit.code.error.code, []).append(line)
    return found


@pytest.mark.skipif(not PROGRAMS, reason="no PostgreSQL server is installed")
@pytest.mark.parametrize(
    "form",
    [
        {"log_line_prefix": "%m [%p] "},
        {"log_line_prefix": "%m [%p] %q%u@%d ", "log_error_verbosity": "verbose"},
        {"log_line_prefix": "%m [%p] %q%u@%d %e "},
    ],
    ids=["default", "verbose", "state in the prefix"],
)
def test_each_fault_of_a_real_server_gets_its_code(form: dict[str, str]) -> None:
    with server(max_connections="6", deadlock_timeout="100ms", **form) as pg:
        make_it_fail(pg)
        crash(pg)
        found = hits(pg.log)
        text = pg.log.read_text()
    expected = {
        *("PG-23", "PG-22", "PG-42P01", "PG-42", "PG-57014", "PG-42501", "PG-3D000", "PG-28000", "PG-40P01"),
        *("PG-53300", "PG-XX001", "PG-CRS-0001", "PG-RCV-0001", "PG-RDY-0000"),
    }
    assert expected <= set(found), text
    assert len(found["PG-40P01"]) == text.count("deadlock detected")
    assert "PG-FATAL" not in found, found["PG-FATAL"]
