"""Bring a database to the schema of this program, or refuse it untouched when it is of a newer one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from collector.errors import StoreRefused
from collector.store.database import Store
from wire.sentence import sentence

_TAKE_TIME = text("SET LOCAL statement_timeout = 0")  # a table with a year in it takes longer than a query may

FOLDER = Path(__file__).parent / "migrations"


def migrate(store: Store) -> None:
    """Run what is missing, all in one transaction; `StoreRefused` when there is nothing we can do.

    Of two processes that start at once the second waits for the write lock, and finds nothing to do.
    """
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        _run(store, config)
    except DatabaseError as error:
        why = sentence("the database {path} cannot be used: {problem}", path=store.name, problem=error.orig)
        raise StoreRefused(why) from error


def _run(store: Store, config: Config) -> None:
    scripts = ScriptDirectory.from_config(config)
    ours = {script.revision for script in scripts.walk_revisions()}
    head = set(scripts.get_heads())
    with store.reading() as connection:
        theirs = set(MigrationContext.configure(connection).get_current_heads())
    if theirs == head:
        return
    if theirs - ours:
        raise StoreRefused(
            sentence(
                "the database {path} was written by a newer version (schema {theirs}, known here {ours}); "
                "install that version or restore an older backup",
                path=store.name,
                theirs=", ".join(sorted(theirs)),
                ours=", ".join(sorted(head)),
            )
        )
    with store.writing() as connection:
        if store.backend.is_shared:
            connection.execute(_TAKE_TIME)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
