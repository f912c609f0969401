"""A file that survives a power cut, and a writer that has the lock from its first statement."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from collector.errors import StoreBusy
from collector.store import sqlite
from collector.store.database import Store


def test_it_is_durable(tmp_path: Path) -> None:
    store = Store(tmp_path / "c.db")
    with store.reading() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]
    assert found == ["wal", 3, 1]
    store.close()


def test_who_writes_has_the_lock_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_S", 0.05)
    one, other = Store(tmp_path / "c.db"), Store(tmp_path / "c.db")
    with one.writing():
        with pytest.raises(StoreBusy), other.writing():
            pass
        with other.reading() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    with other.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
    for store in (one, other):
        store.close()
    assert sqlite3.connect(tmp_path / "c.db").execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_it_always_leads(tmp_path: Path) -> None:
    store = Store(tmp_path / "c.db")
    assert store.is_leader()
    assert not store.backend.is_shared
    assert store.name == str(tmp_path / "c.db")
    store.close()
