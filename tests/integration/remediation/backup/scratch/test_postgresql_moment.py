"""Rows that were deleted by mistake are there again at the moment before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from remediation.backup.errors import DumpUnusable, RestoreRefused, SourceFailed
from remediation.backup.manifest import DatabaseFacts
from remediation.backup.scratch.postgresql_moment import moments_of, recover_into, recovered
from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql_cluster import SLOT, ClusterSource
from remediation.backup.sources.postgresql_session import connected
from tests.fakes.database_servers import postgresql
from tests.fakes.saved_databases import BENCH, PROGRAMS, SCRATCH, room, tell

WEEK = timedelta(days=7)
_numbers = count()


@pytest.fixture(scope="module")
def login() -> Iterator[Login]:
    with postgresql() as port:
        boss = Login("boss", "p", port=port)
        with connected(boss, "postgres") as connection:
            connection.run("CREATE TABLE public.t (a int)")
        yield boss


@pytest.fixture
def folder(login: Login) -> Iterator[Path]:
    _write(login, "TRUNCATE public.t")
    with room() as found:
        yield found


class _Runs:
    """The runs of a night each, of one cluster; `clock` is the host's."""

    def __init__(self, login: Login, folder: Path) -> None:
        self._login = login
        self._folder = folder
        self.ahead = timedelta()

    def save(self) -> tuple[DatabaseFacts, Path]:
        dump = self._folder / f"dump{next(_numbers)}"
        dump.mkdir()
        source = ClusterSource("main", self._login, PROGRAMS, self.kept, self._now, base_every=WEEK)
        return source.save(dump, tell), dump

    @property
    def kept(self) -> Path:
        return self._folder / "kept"

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


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
    runs = _Runs(login, folder)
    _write(login, "INSERT INTO public.t SELECT generate_series(1, 100)")
    base, base_dump = runs.save()
    full = _write(login, "INSERT INTO public.t SELECT generate_series(1, 50)")
    runs.save()  # one that retention may drop
    mistake = _write(login, "DELETE FROM public.t WHERE a > 10")
    last, dump = runs.save()
    _write(login, "INSERT INTO public.t VALUES (1000)")
    assert moments_of(last).since == moments_of(base).since
    assert moments_of(base).until < full < mistake < moments_of(last).until
    for facts, where, moment, rows in (
        (last, dump, full, 150),
        (last, dump, mistake, 20),
        (last, dump, None, 20),
        (base, base_dump, None, 100),
    ):
        with recovered(BENCH, facts, where, moment, folder / "s") as then:
            assert _count(then) == rows
    late = mistake + timedelta(hours=1)
    with (
        pytest.raises(DumpUnusable, match="recovery ended before configured recovery target was reached"),
        recovered(BENCH, last, dump, late, folder / "s"),
    ):
        pass
    assert not (folder / "s").exists()
    for moment in (late, moments_of(last).since - timedelta(seconds=1)):
        with pytest.raises(RestoreRefused, match="comes back from"):
            recover_into(BENCH, last, dump, moment, folder / "s", folder / "into")


def test_a_drill_reaches_what_the_snapshot_claims_and_a_lost_or_changed_segment_fails_it(
    login: Login, folder: Path
) -> None:
    runs = _Runs(login, folder)
    _write(login, "INSERT INTO public.t SELECT generate_series(1, 100)")
    runs.save()
    _write(login, "INSERT INTO public.t SELECT generate_series(1, 7)")
    facts, dump = runs.save()
    with SCRATCH.load(facts, dump, folder / "s") as loaded:
        assert loaded.counts() == facts.tables == {}
        assert loaded.integrity() == []
        assert [list(loaded.query("SELECT count(*) FROM public.t")) for _ in "ab"] == [[(107,)], [(107,)]]
        with pytest.raises(DumpUnusable, match="syntax error"):
            list(loaded.query("DELETE FROM public.t RETURNING 1"))
    segment = max((dump / "wal").iterdir())
    content = bytearray(segment.read_bytes())
    segment.unlink()
    with pytest.raises(DumpUnusable, match=segment.name), SCRATCH.load(facts, dump, folder / "s"):
        pass
    content[100] ^= 1
    segment.write_bytes(content)
    with pytest.raises(DumpUnusable, match="is not as it was written"), SCRATCH.load(facts, dump, folder / "s"):
        pass


def test_a_base_backup_that_is_old_or_from_the_future_is_taken_anew_and_a_quiet_server_is_no_problem(
    login: Login, folder: Path
) -> None:
    runs = _Runs(login, folder)
    bases = []
    for days in (0, 6, 8, -30):
        runs.ahead = timedelta(days=days)
        bases.append(moments_of(runs.save()[0]).since)
        assert len(list(runs.kept.iterdir())) == 1
    assert bases[0] == bases[1] < bases[2] < bases[3]


def test_a_run_that_was_cut_off_and_a_segment_that_is_gone_begin_anew(login: Login, folder: Path) -> None:
    runs = _Runs(login, folder)
    (runs.kept / "20260101T000000/base").mkdir(parents=True)
    first, _ = runs.save()
    (kept,) = runs.kept.iterdir()
    _write(login, "SELECT pg_switch_wal(), pg_logical_emit_message(true, 'x', 'x')")
    runs.save()
    sorted((kept / "wal").iterdir())[-2].unlink()
    with pytest.raises(SourceFailed, match="the next run takes a new base backup"):
        runs.save()
    assert moments_of(runs.save()[0]).since > moments_of(first).since


def test_lost_wal_is_a_warning_and_a_new_base_backup(login: Login, folder: Path) -> None:
    runs = _Runs(login, folder)
    first, _ = runs.save()
    assert first.warnings == []
    with connected(login, "postgres") as connection:
        connection.run("ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'")
        connection.run("SELECT pg_reload_conf()")
        status = f"SELECT wal_status FROM pg_replication_slots WHERE slot_name = '{SLOT}'"
        while connection.run(status)[0][0] != "lost":
            connection.run("SELECT pg_logical_emit_message(false, 'x', repeat('x', 8000000)), pg_switch_wal()")
            connection.run("CHECKPOINT")
    found, dump = runs.save()
    assert f"no moment before {moments_of(found).since} comes back" in found.warnings[0]
    assert moments_of(found).since > moments_of(first).until
    with recovered(BENCH, found, dump, moments_of(found).until, folder / "s") as then:
        assert _count(then) == 0
