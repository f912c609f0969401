"""A SQLite file is brought back beside the live one, and takes its place only when asked for and nobody uses it."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from remediation.backup.errors import DumpUnusable, RestoreRefused
from remediation.backup.rescue.live_sqlite import LiveSqlite
from remediation.backup.sources.sqlite import SqliteSource
from tests.fakes.saved_databases import save


def test_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "clinic.db"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES (1), (2)")
    path.chmod(0o640)
    facts, dump = save(SqliteSource("clinic", path), tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM t")
    live = LiveSqlite(path)
    assert (live.preview(facts, "m1").now, live.preview(facts, "m1").users) == ({"t": 0}, 0)
    with pytest.raises(RestoreRefused, match="type its name"):
        live.bring_back(facts, dump, "m1", "clinic")
    with pytest.raises(DumpUnusable, match="t has 2 rows"):
        live.bring_back(replace(facts, tables={}), dump, "m1", "clinic.db")
    assert live.bring_back(facts, dump, "m1", "clinic.db").database == "clinic.db_back_m1"
    holding = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM t'); print(1, flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", f"{holding}; sys.stdin.read()", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline()
        with pytest.raises(RestoreRefused, match=r"1 are connected to clinic\.db"):
            live.bring_back(facts, dump, "m2", "clinic.db", swap=True)
        holder.kill()
    done = live.bring_back(facts, dump, "m2", "clinic.db", swap=True)
    assert done.kept == "clinic.db_before_m2"
    assert path.stat().st_mode & 0o777 == 0o640
    for name, rows in (("clinic.db", 2), (done.kept, 0)):
        with contextlib.closing(sqlite3.connect(tmp_path / name)) as connection:
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (rows,)
    assert not [found for found in tmp_path.iterdir() if found.name.endswith(("-wal", "-shm", "m2-journal"))]
