"""Real Redis: an image of all databases, loaded into a scratch server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from redis import Redis

from remediation.backup.errors import DumpUnusable, RestoreRefused, SourceFailed
from remediation.backup.sources.login import Login
from remediation.backup.sources.redis_server import IMAGE, RedisSource
from remediation.backup.sources.whole import hash_file
from tests.fakes.database_servers import redis
from tests.fakes.saved_databases import PROGRAMS, SCRATCH, room, save


@pytest.fixture(scope="module")
def login() -> Iterator[Login]:
    with redis("--requirepass", "s ecret", "--repl-diskless-sync-delay", "0") as port:
        for database in (0, 3):
            connection = Redis(port=port, password="s ecret", db=database)
            connection.mset({f"key {number}": "값" * 100 for number in range(1_000)})
            connection.set("short", 1, px=300_000)
            connection.close()
        yield Login(password="s ecret", port=port)


@pytest.fixture
def folder() -> Iterator[Path]:
    with room() as found:
        yield found


def test_all_databases_come_back(login: Login, folder: Path) -> None:
    facts, dump = save(RedisSource("sessions", login, PROGRAMS), folder)
    assert facts.tables == {"keys": 2_000}
    scratch = folder / "scratch"
    with SCRATCH.load(facts, dump, scratch) as loaded:
        assert loaded.counts() == facts.tables
        assert loaded.integrity() == []
        assert list(loaded.query("GET 'key 7'")) == [("값" * 100,)]
        assert list(loaded.query("DBSIZE")) == [(1_001,)]
        for harm in ("FLUSHALL", "CONFIG GET *", ""):
            with pytest.raises(DumpUnusable):
                list(loaded.query(harm))
    assert not scratch.exists()
    other = replace(facts, version="6.2.1")
    with pytest.raises(RestoreRefused, match=r"Redis 6\.2\.1"), SCRATCH.load(other, dump, scratch):
        pass
    (dump / IMAGE).write_bytes((dump / IMAGE).read_bytes()[:-20])
    lying = replace(facts, hashes={IMAGE: hash_file(dump / IMAGE)})
    with pytest.raises(DumpUnusable, match="does not start"), SCRATCH.load(lying, dump, scratch):
        pass


def test_what_cannot_be_reached_is_not_saved(login: Login, folder: Path) -> None:
    for wrong in (Login(password="wrong", port=login.port), Login(port=1)):
        with pytest.raises(SourceFailed, match="sessions is not saved"):
            RedisSource("sessions", wrong, PROGRAMS).save(folder, lambda step: None)
        assert list(folder.iterdir()) == []
