"""The state directory and the database of the settings -> a migrated store with its generation."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from collector.errors import StoreRefused
from collector.store.database import Store
from collector.store.meta import GENERATION, RECEIPT_KEY, keep_meta, read_meta
from collector.store.migrate import migrate
from wire.sentence import sentence

DATABASE = "collector.db"
PRIVATE = 0o600
PRIVATE_FOLDER = 0o700

log = logging.getLogger(__name__)


def open_store_in(folder: Path, url: str | None = None, password_file: Path | None = None) -> Store:
    """The database, made and migrated as needed; `StoreRefused` says what is in the way.

    It is a SQLite file in `folder`, or the PostgreSQL of `url`, whose database somebody has made.
    """
    path = folder / DATABASE
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if url is None:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE))
    except OSError as error:
        raise StoreRefused(
            sentence("the state directory {path} cannot be used: {problem}", path=folder, problem=error.strerror)
        ) from error
    return _migrated(Store(path) if url is None else shared_store(url, password_file))


def shared_store(url: str, password_file: Path | None = None) -> Store:
    """The PostgreSQL of a connection string, checked and as it is; what it lacks for safety goes to the log."""
    from collector.store import postgresql  # noqa: PLC0415  # its driver is loaded only where it is used

    address = postgresql.read_address(url, password_file)
    store = Store(postgresql.postgresql_backend(address))
    try:
        for complaint in postgresql.check_server(store.engine, store.name):
            log.error("%s", complaint)
    except BaseException:
        store.close()
        raise
    return store


def _migrated(store: Store) -> Store:
    try:
        migrate(store)
    except BaseException:
        store.close()
        raise
    return store


def check_receipt_key(store: Store, digest: str) -> None:
    """All collectors of one database answer agents with one key: agents have pinned it. `StoreRefused` if this differs.

    A database of its own may come back from a backup with another key; then agents enrol again, and nobody is misled.
    """
    if not store.backend.is_shared:
        return
    with store.reading() as connection:
        known = read_meta(connection, RECEIPT_KEY)
    if known is None:
        with store.writing() as connection:
            known = keep_meta(connection, RECEIPT_KEY, digest)
    if known != digest:
        why = sentence(
            "the receipt key here is not the one of the other collectors of {name}: "
            "copy theirs into the state directory",
            name=store.name,
        )
        raise StoreRefused(why)


def generation_of(store: Store, fresh: str) -> str:
    """The name of this database towards agents; `fresh` becomes it when it has none."""
    with store.reading() as connection:
        known = read_meta(connection, GENERATION)
    if known is not None:
        return known
    with store.writing() as connection:
        return keep_meta(connection, GENERATION, fresh)
