"""Migrations lead to the tables of the program, and never touch a newer database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, inspect, text

from collector.errors import StoreRefused
from collector.store.database import Store
from collector.store.migrate import FOLDER, migrate
from collector.store.tables import metadata


def _where(index: Any) -> str:
    return str(index.get("dialect_options", {}).get("sqlite_where"))


def _described(engine: Engine) -> dict[str, Any]:
    """Everything of the schema that SQLite can tell, by table."""
    look = inspect(engine)
    return {
        table: {
            "columns": [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in look.get_columns(table)],
            "primary": look.get_pk_constraint(table)["constrained_columns"],
            "unique": sorted((u["name"] or "", tuple(u["column_names"])) for u in look.get_unique_constraints(table)),
            "checks": sorted((c["name"] or "", c["sqltext"]) for c in look.get_check_constraints(table)),
            "foreign": sorted(
                (f["name"] or "", tuple(f["constrained_columns"]), f["referred_table"])
                for f in look.get_foreign_keys(table)
            ),
            "indexes": sorted(
                (
                    i["name"] or "",
                    tuple(i["column_names"]),
                    i["unique"],
                    str(i.get("dialect_options", {}).get("sqlite_where")),
                )
                for i in look.get_indexes(table)
            ),
        }
        for table in look.get_table_names()
        if table != "alembic_version"
    }


def test_the_migrations_lead_to_the_tables(tmp_path: Path) -> None:
    store = Store(tmp_path / "migrated.db")
    migrate(store)
    wanted = create_engine(f"sqlite:///{tmp_path / 'wanted.db'}")
    metadata.create_all(wanted)
    try:
        assert _described(store.engine) == _described(wanted)
    finally:
        store.close()
        wanted.dispose()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "c.db")
    migrate(store)
    before = _described(store.engine)
    migrate(store)
    assert _described(store.engine) == before
    store.close()


def test_a_newer_database_is_refused_and_untouched(tmp_path: Path) -> None:
    store = Store(tmp_path / "c.db")
    migrate(store)
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = _described(store.engine)
    with pytest.raises(StoreRefused, match="newer version"):
        migrate(store)
    with store.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    assert _described(store.engine) == before
    store.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    path.write_bytes(b"not a database" * 100)
    store = Store(path)
    with pytest.raises(StoreRefused, match="cannot be used"):
        migrate(store)
    store.close()
    assert path.read_bytes() == b"not a database" * 100


def test_a_token_from_before_tokens_ended_gets_an_end(tmp_path: Path) -> None:
    store = Store(tmp_path / "c.db")
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    with store.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.execute(text("INSERT INTO user_account (id, name, created_at) VALUES (1, 'jh', 0)"))
        connection.execute(text("INSERT INTO api_token (hash, user_id, created_at) VALUES ('a', 1, 5)"))
    migrate(store)
    with store.reading() as connection:
        assert connection.execute(text("SELECT expires_at FROM api_token")).scalar_one() == 5 + 365 * 86_400_000_000
    store.close()
