"""Bring a database to the schema of this program, or refuse it untouched when it is of a newer one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DatabaseError

from collector.errors import StoreRefused
from collector.store.database import Store
from wire.sentence import sentence

FOLDER = Path(__file__).parent / "migrations"


def migrate(store: Store) -> None:
    """Run what is missing, all in one transaction; `StoreRefused` when there is nothing we can do."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        _run(store, config)
    except DatabaseError as error:
        why = sentence("the database {path} cannot be used: {problem}", path=store.path, problem=error.orig)
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
                path=store.path,
                theirs=", ".join(sorted(theirs)),
                ours=", ".join(sorted(head)),
            )
        )
    with store.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
