"""Real PostgreSQL, MariaDB and Redis in folders under /tmp, on free loopback ports, for as long as a test."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

POSTGRESQL = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
START_S = 40


def free_port() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])


def account() -> str | None:
    """Servers refuse to run as root: give them an account that has nothing."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        pytest.skip(f"no {name}")
    return found


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sw-db-", dir="/tmp"))
    folder.chmod(0o777)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(argv: Sequence[str], folder: Path, is_up: Callable[[], bool], user: str | None) -> Iterator[None]:
    with (folder / "server.out").open("wb") as out:
        process = subprocess.Popen(argv, cwd=folder, stdout=out, stderr=out, user=user)
    try:
        end = time.monotonic() + START_S
        while not is_up():
            assert process.poll() is None, (folder / "server.out").read_text(errors="replace")[-2_000:]
            assert time.monotonic() < end, (folder / "server.out").read_text(errors="replace")[-2_000:]
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


def _takes(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def redis(*options: str) -> Iterator[int]:
    program = _program("redis-server")
    with _folder() as folder:
        port = free_port()
        argv = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), *options]
        with _running(argv, folder, lambda: _takes(port), None):
            yield port


@contextmanager
def postgresql(**changed: object) -> Iterator[int]:
    """User boss, password `p`; 20 connections, 3 of them reserved. `changed` are settings of the server."""
    if not POSTGRESQL:
        pytest.skip("no PostgreSQL server")
    programs = POSTGRESQL[-1]
    with _folder() as folder:
        (folder / "password").write_text("p")
        (folder / "password").chmod(0o644)
        make = [str(programs / "initdb"), "-D", "cluster", "-U", "boss", "--pwfile=password", "--auth=scram-sha-256"]
        made = [*make, "-E", "UTF8", "--locale=C", "--no-sync", "--wal-segsize=1"]  # MB: little to copy
        subprocess.run(made, cwd=folder, user=account(), check=True, capture_output=True, timeout=50)
        port = free_port()
        options = {"port": port, "listen_addresses": "127.0.0.1", "fsync": "off", "max_connections": 20,
                   "unix_socket_directories": folder, "shared_buffers": "16MB", **changed}  # fmt: skip
        argv = [str(programs / "postgres"), "-D", "cluster"]
        for name, value in options.items():
            argv += ["-c", f"{name}={value}"]
        with _running(argv, folder, lambda: _takes(port) and _is_ready(programs, port), account()):
            yield port


@contextmanager
def running_cluster(folder: Path) -> Iterator[int]:
    """A data folder of PostgreSQL that somebody brought back, with its own configuration, on a port of its own."""
    owner = account()
    if owner is not None:
        subprocess.run(["chown", "-R", owner, folder], check=True)
    with _folder() as beside:
        port, programs = free_port(), POSTGRESQL[-1]
        argv = [str(programs / "postgres"), "-D", str(folder), "-p", str(port), "-k", str(beside), "-c", "fsync=off"]
        with _running(argv, beside, lambda: _takes(port) and _is_ready(programs, port), owner):
            yield port


def _is_ready(programs: Path, port: int) -> bool:
    argv = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(argv, check=False).returncode == 0


@contextmanager
def mariadb(*options: str, start: str = "") -> Iterator[int]:
    """User boss, password `p`, who may do everything; `start` is SQL that runs first."""
    program, install = _program("mariadbd"), _program("mariadb-install-db")
    with _folder() as folder:
        made = [install, "--no-defaults", f"--datadir={folder}/data", "--auth-root-authentication-method=normal",
                "--skip-test-db", "--force"]  # fmt: skip
        user = account()
        subprocess.run(made, cwd=folder, user=user, check=True, capture_output=True, timeout=50)
        init = folder / "init.sql"
        init.write_text(f"CREATE USER boss@'%' IDENTIFIED BY 'p';\nGRANT ALL ON *.* TO boss@'%';\n{start}\n")
        port = free_port()
        argv = [program, "--no-defaults", f"--datadir={folder}/data", f"--port={port}", "--bind-address=127.0.0.1",
                f"--socket={folder}/s", f"--init-file={init}", "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M", *options]  # fmt: skip
        with _running(argv, folder, lambda: _takes(port), user):
            yield port
