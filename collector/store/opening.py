"""The state directory of the settings -> a migrated store with its generation."""

from __future__ import annotations

import os
from pathlib import Path

from collector.errors import StoreRefused
from collector.store.database import Store
from collector.store.meta import GENERATION, keep_meta, read_meta
from collector.store.migrate import migrate
from wire.sentence import sentence

DATABASE = "collector.db"
PRIVATE = 0o600
PRIVATE_FOLDER = 0o700


def open_store_in(folder: Path) -> Store:
    """The database in `folder`, made and migrated as needed; `StoreRefused` says what is in the way."""
    path = folder / DATABASE
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE))
    except OSError as error:
        raise StoreRefused(
            sentence("the state directory {path} cannot be used: {problem}", path=folder, problem=error.strerror)
        ) from error
    store = Store(path)
    try:
        migrate(store)
    except BaseException:
        store.close()
        raise
    return store


def generation_of(store: Store, fresh: str) -> str:
    """The name of this database towards agents; `fresh` becomes it when it has none."""
    with store.reading() as connection:
        known = read_meta(connection, GENERATION)
    if known is not None:
        return known
    with store.writing() as connection:
        return keep_meta(connection, GENERATION, fresh)
