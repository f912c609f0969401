"""The connection string: what is taken, what is refused in which words, and that no password is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.errors import StoreRefused
from collector.store import postgresql
from collector.store.opening import open_store_in
from collector.store.postgresql import postgresql_backend, read_address


def test_several_hosts() -> None:
    address = read_address("postgresql://sitewarden@one.example:5433,two.example/desk")
    assert address.given["host"] == "one.example,two.example"
    assert address.given["port"] == "5433,"
    assert address.shown == "postgresql://sitewarden@one.example:5433,two.example/desk"


def test_beyond_this_machine_the_server_is_checked() -> None:
    assert read_address("postgresql://s@db.example/d").given["sslmode"] == "verify-full"
    assert read_address("postgresql://s@db.example/d").given["sslrootcert"] == "system"
    own = read_address("postgresql://s@db.example/d?sslrootcert=/etc/own.pem").given
    assert (own["sslmode"], own["sslrootcert"]) == ("verify-full", "/etc/own.pem")
    assert read_address("postgresql://s@db.example/d?sslmode=require").given["sslmode"] == "require"
    for here in ("127.0.0.1", "localhost", "[::1]", "%2Frun%2Fpostgresql"):
        assert "sslmode" not in read_address(f"postgresql://s@{here}/d").given, here
    assert "sslmode" in read_address("postgresql://s@127.0.0.1,db.example/d").given, "one of them is elsewhere"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u@h/d", "no address of a PostgreSQL"),
        ("/var/lib/c.db", "no address of a PostgreSQL"),
        ("postgresql://u:hunter2@h/d", "a password has no place in it"),
        ("postgresql://u@h/d?password=hunter2", "a password has no place in it"),
        ("postgresql://u:hunter2@[h/d", "cannot be read"),
        ("mysql://u:hunter2@h/d", "no address of a PostgreSQL"),
        ("postgresql://u@h", "name of the database is missing"),
        ("postgresql://u@h/d?colour=red", "colour"),
        ("postgresql://u@h/d?target_session_attrs=any", "target_session_attrs is set by the collector itself"),
        ("postgresql://u@h/d?options=-cfsync", "options is set by the collector itself"),
    ],
)
def test_a_wrong_address_is_told(url: str, words: str) -> None:
    with pytest.raises(StoreRefused, match=words) as refused:
        read_address(url)
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in str(refused.value.__cause__)


def test_the_password_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2\n")
    address = read_address("postgresql://u@h/d", tmp_path / "password")
    assert address.given["password"] == "hunter2"
    assert "hunter2" not in postgresql_backend(address).name
    with pytest.raises(StoreRefused, match="missing cannot be read"):
        read_address("postgresql://u@h/d", tmp_path / "missing")


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreRefused, match=r"postgresql:..u@127.0.0.1:1.d: .*refused"):
        open_store_in(tmp_path, "postgresql://u@127.0.0.1:1/d")


def test_numbers_come_as_from_sqlite() -> None:
    load = postgresql._Number(0).load
    assert [load(digits) for digits in (b"12", b"-3", b"1.5")] == [12, -3, 1.5]
    assert isinstance(load(b"12"), int)
