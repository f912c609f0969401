"""What a person may want to know of the database: which it is, its schema, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from alembic.runtime.migration import MigrationContext

from collector.store.database import Store
from collector.store.meta import count_up
from collector.store.partitions import PARTITIONED, numbers_of
from wire.sentence import Sentence

PROBES = "store_probes"  # a counter that says nothing; writing it is a commit like any other


@dataclass(frozen=True)
class Findings:
    """One look at a store."""

    kind: str  # sqlite, postgresql
    name: str  # a path, or an address without a password
    version: str  # of the server or the library
    schema: str
    partitions: dict[str, int]  # table -> how many beside the rest; empty on SQLite
    complaints: list[Sentence]  # what makes it less safe than it should be


def look(store: Store) -> Findings:
    """Look at an open store."""
    with store.reading() as connection:
        schema = MigrationContext.configure(connection).get_current_revision() or ""
        version = ".".join(map(str, connection.dialect.server_version_info or ()))
        shared = store.backend.is_shared
        partitions = {table.name: len(numbers_of(connection, table)) for table in PARTITIONED} if shared else {}
        kind = connection.dialect.name
    return Findings(kind, store.name, version, schema, partitions, _complaints(store))


def commit_once(store: Store) -> None:
    """A commit that changes nothing that anybody reads."""
    with store.writing() as connection:
        count_up(connection, PROBES)


def _complaints(store: Store) -> list[Sentence]:
    if not store.backend.is_shared:
        return []
    from collector.store.postgresql import check_server  # noqa: PLC0415  # its driver is loaded only where it is used

    return check_server(store.engine, store.name)
