"""Rows that were deleted by mistake are there again at the moment before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from remediation.backup.errors import DumpUnusable, SourceFailed
from remediation.backup.scratch.postgresql_moment import recovered
from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql_cluster import SLOT, BaseBackup, WalSince
from remediation.backup.sources.postgresql_session import connected
from tests.fakes.database_servers import postgresql
from tests.fakes.saved_databases import BENCH, PROGRAMS, room, save


@pytest.fixture
def login() -> Iterator[Login]:
    with postgresql() as port:
        boss = Login("boss", "p", port=port)
        with connected(boss, "postgres") as connection:
            connection.run("CREATE TABLE public.t (a int)")
        yield boss


@pytest.fixture
def folder() -> Iterator[Path]:
    with room() as found:
        yield found


def _write(login: Login, statement: str) -> datetime:
    """Run it, and a moment between it and whatever comes next."""
    with connected(login, "postgres") as connection:
        connection.run(statement)
        first = connection.run("SELECT clock_timestamp()")[0][0]
        end = first
        while end < first + timedelta(milliseconds=20):
            end = connection.run("SELECT clock_timestamp()")[0][0]
    assert isinstance(end, datetime)
    return end - timedelta(milliseconds=10)


def _count(login: Login) -> int:
    with connected(login, "postgres") as connection:
        return int(connection.run("SELECT count(*) FROM public.t")[0][0])


def test_any_moment_since_the_base_backup(login: Login, folder: Path) -> None:
    _write(login, "INSERT INTO public.t SELECT generate_series(1, 100)")
    base, base_dump = save(BaseBackup("base", login, PROGRAMS), folder)
    second = _write(login, "INSERT INTO public.t SELECT generate_series(1, 50)")
    first_wal = save(WalSince("first", login, PROGRAMS), folder)[1]
    mistake = _write(login, "DELETE FROM public.t WHERE a > 10")
    _write(login, "INSERT INTO public.t VALUES (1000)")  # a moment is reached when something later was committed
    last_wal = save(WalSince("last", login, PROGRAMS), folder)[1]
    wal = [first_wal, last_wal]
    for moment, rows in ((second, 150), (mistake, 20), (None, 21)):
        with recovered(BENCH, base, base_dump, wal, moment, folder / "s", "boss") as then:
            assert _count(then) == rows
    with recovered(BENCH, base, base_dump, [], None, folder / "s", "boss") as then:
        assert _count(then) == 100
    late = mistake + timedelta(hours=1)
    with (
        pytest.raises(DumpUnusable, match="recovery ended before configured recovery target was reached"),
        recovered(BENCH, base, base_dump, wal, late, folder / "s", "boss"),
    ):
        pass
    assert not (folder / "s").exists()


def test_lost_wal_is_told_and_a_quiet_server_is_no_problem(login: Login, folder: Path) -> None:
    save(BaseBackup("base", login, PROGRAMS), folder)
    for name in ("one", "two"):
        saving = threading.Thread(target=save, args=(WalSince(name, login, PROGRAMS), folder))
        saving.start()
        saving.join(20)
        assert not saving.is_alive()
        assert list((folder / name).iterdir())
    with connected(login, "postgres") as connection:
        connection.run("ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'")
        connection.run("SELECT pg_reload_conf()")
        status = f"SELECT wal_status FROM pg_replication_slots WHERE slot_name = '{SLOT}'"
        while connection.run(status)[0][0] != "lost":
            connection.run("SELECT pg_logical_emit_message(false, 'x', repeat('x', 8000000)), pg_switch_wal()")
            connection.run("CHECKPOINT")
    with pytest.raises(SourceFailed, match="take a new base backup"):
        save(WalSince("three", login, PROGRAMS), folder)
    assert list((folder / "three").iterdir()) == []
