"""Stores for tests, on SQLite or on a real PostgreSQL.

`open_store(folder)` opens the database of that folder, twice the same. It is a SQLite file, unless the test runs as
one of `SUITES`: those run once on each database, and together they call every function of every repository.
The server starts with the first test that needs it; each test has a database of its own, copied from a migrated one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import select

from collector.store.database import Store
from collector.store.opening import open_store_in, shared_store
from collector.store.tables import metadata
from tests.fakes import database_servers

SUITES = (
    "tests/conformance/test_books.py",
    "tests/integration/collector/console/test_api.py",
    "tests/integration/collector/console/test_clock_pages.py",
    "tests/integration/collector/console/test_desk_pages.py",
    "tests/integration/collector/console/test_patches.py",
    "tests/integration/collector/fleet/software/test_repository.py",
    "tests/integration/collector/ingest/test_applying.py",
    "tests/integration/collector/ingest/test_bundles.py",
    "tests/integration/collector/ingest/test_enrolling.py",
    "tests/integration/collector/ingest/test_exchange.py",
    "tests/integration/collector/ingest/test_waiting.py",
    "tests/integration/collector/health",
    "tests/integration/collector/jobs",
    "tests/integration/collector/lab",
    "tests/integration/collector/notify/log",
    "tests/integration/collector/notify/people",
    "tests/integration/collector/notify/test_digests.py",
    "tests/integration/collector/notify/test_outbox.py",
    "tests/integration/collector/notify/test_retention.py",
    "tests/integration/collector/notify/test_weekly.py",
    "tests/integration/collector/patches",
    "tests/integration/collector/relay",
    "tests/integration/collector/tickets",
    "tests/integration/collector/unknowns",
    "tests/unit/collector/fleet/test_service.py",
    "tests/unit/collector/tickets/test_service.py",
)
TEMPLATE = "template_of_tests"


@dataclass
class Server:
    """A PostgreSQL that belongs to the whole run of tests."""

    port: int
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        """The connection string of one database."""
        return f"postgresql://boss@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        """As the owner of everything, outside of a transaction."""
        with psycopg.connect(self.url("postgres"), password="p", autocommit=True) as connection:
            connection.execute(statement)

    def make_template(self, folder: Path) -> None:
        """The database that the others are copied from."""
        self.execute(f"CREATE DATABASE {TEMPLATE}")
        open_store_in(folder, self.url(TEMPLATE), folder / "password").close()

    def new_database(self) -> str:
        """A migrated database for one folder; its name."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return name

    def drop(self, database: str) -> None:
        """With whoever is connected to it."""
        self.execute(f"DROP DATABASE {database} WITH (FORCE)")


@dataclass
class Shelf:
    """The databases of one test, by folder."""

    server: Server
    password_file: Path
    databases: dict[Path, str] = field(default_factory=dict)
    opened: list[Store] = field(default_factory=list)

    def open(self, folder: Path) -> Store:
        """The database of this folder."""
        if folder not in self.databases:
            self.databases[folder] = self.server.new_database()
        store = shared_store(self.server.url(self.databases[folder]), self.password_file)
        self.opened.append(store)
        return store

    def clear(self) -> None:
        """Close and drop everything."""
        for store in self.opened:
            store.close()
        for database in self.databases.values():
            self.server.drop(database)


_chosen: list[Shelf] = []
_folders: dict[int, Path] = {}


def open_store(folder: Path) -> Store:
    """A migrated store; the same database each time for the same folder of a test."""
    store = _chosen[-1].open(folder) if _chosen else open_store_in(folder)
    _folders[id(store)] = folder
    return store


def made_store(path: Path) -> Store:
    """The same with a file of this name where it is SQLite, and today's tables without the history of migrations."""
    if _chosen:
        return open_store(path.parent)
    store = Store(path)
    metadata.create_all(store.engine)
    return store


def folder_of(store: Store) -> Path:
    """The state folder that it was opened with."""
    return _folders.get(id(store), Path(store.name).parent)


def content_of(store: Store) -> bytes:
    """Everything that is stored, to look for what must not be there."""
    if not store.backend.is_shared:
        return b"".join(path.read_bytes() for path in folder_of(store).iterdir())
    with store.reading() as connection:
        rows = [row for table in metadata.sorted_tables for row in connection.execute(select(table))]
    return repr(rows).encode()


def runs_on_both(path: Path, repository: Path) -> bool:
    """Whether the tests in this file run on each database."""
    name = path.relative_to(repository).as_posix()
    return any(name == suite or name.startswith(f"{suite}/") for suite in SUITES)


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    """A PostgreSQL with the template; skips without PostgreSQL."""
    with database_servers.postgresql(max_connections=300) as port:
        (folder / "password").write_text("p\n")
        server = Server(port)
        server.make_template(folder)
        yield server


@contextmanager
def on_postgresql(server: Server, folder: Path) -> Iterator[None]:
    """What opens a store within is given one on this server; `folder` holds the password."""
    shelf = Shelf(server, folder / "password")
    _chosen.append(shelf)
    try:
        yield
    finally:
        _chosen.remove(shelf)
        shelf.clear()


__all__ = [
    "Server",
    "content_of",
    "folder_of",
    "made_store",
    "on_postgresql",
    "open_store",
    "running_server",
    "runs_on_both",
]
