"""`store-check`, and what several collectors on one database have in common, with a real PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.__main__ import main
from collector.store.checking import look
from collector.store.database import Store
from tests.fakes.stores import Server


@pytest.fixture
def database_name(database_server: tuple[Server, Path]) -> Iterator[str]:
    server, _ = database_server
    name = server.new_database()
    yield name
    server.drop(name)


def ask(state: Path, settings: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    state.mkdir(exist_ok=True)
    (state / "collector.yaml").write_text(f"state: state\n{settings}")
    monkeypatch.setenv("LANGUAGE", "en")
    asked = ["sitewarden-collector", "store-check", "--settings", str(state / "collector.yaml"), *words]
    monkeypatch.setattr("sys.argv", asked)
    return main()


def test_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(tmp_path, "", monkeypatch, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["kind"], said["name"]) == ("sqlite", str(tmp_path / "state/collector.db"))
    assert said["complaints"] == []
    assert said["commit_ms"] > 0
    store = Store(tmp_path / "state/collector.db")
    assert look(store).schema == said["schema"]
    store.close()


def test_a_server_that_is_not_safe(
    tmp_path: Path,
    database_server: tuple[Server, Path],
    database_name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server, folder = database_server
    settings = f"database: {server.url(database_name)}\ndatabase_password_file: {folder / 'password'}\n"
    assert ask(tmp_path / "one", settings, monkeypatch) == 1
    said = capsys.readouterr()
    assert "PostgreSQL 1" in said.out
    assert f"/{database_name}" in said.out
    assert "batch: 4 partitions" in said.out
    assert "fsync off" in said.err
    assert not (tmp_path / "one/state/collector.db").exists()

    assert ask(tmp_path / "other", settings, monkeypatch) == 1
    assert "not the one of the other collectors" in capsys.readouterr().err
    key = (tmp_path / "one/state/receipt-key.pem").read_bytes()
    (tmp_path / "other/state/receipt-key.pem").write_bytes(key)
    ask(tmp_path / "other", settings, monkeypatch)
    assert "not the one" not in capsys.readouterr().err


def test_an_address_that_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(tmp_path, "database: postgresql://u:hunter2@127.0.0.1/d\n", monkeypatch) == 1
    said = capsys.readouterr()
    assert "database_password_file" in said.err
    assert "hunter2" not in said.out + said.err
