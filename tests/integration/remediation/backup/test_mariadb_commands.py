"""MariaDB as an administrator types it: saved and drilled while money moves; a wrong row and a damaged pack fail it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from remediation.backup.sources.login import Login
from remediation.backup.sources.mariadb_session import ask, connected
from tests.fakes.database_servers import mariadb
from tests.fakes.moved_money import MONEY, TABLES, transfers
from tests.fakes.typed_backup import TypedBackup

POLICY = """\
version: 1
site: seoul
host: db-1
state: {root}/state
target: {{address: {root}/target, key_file: {root}/backup.key}}
what:
  databases:
    - {{name: bank, engine: mariadb, host: 127.0.0.1, port: {port}, user: boss, password_file: {root}/p,
       assertions: [{{name: money, query: SELECT sum(balance) FROM accounts, equals: "{money}"}}]}}
schedule: {{every_s: 3600}}
limits: {{stage_free_bytes: 1000, nice: 0}}
drills: {{account: {account}}}
"""


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.fixture
def login() -> Iterator[Login]:
    with mariadb() as port:
        boss = Login("boss", "p", port=port)
        with connected(boss, None) as connection:
            ask(connection, "CREATE DATABASE bank")
        with connected(boss, "bank") as connection:
            for statement in TABLES:
                ask(connection, statement)
        yield boss


@contextmanager
def bank(login: Login) -> Iterator[Callable[[str], object]]:
    with connected(login, "bank") as connection:
        yield lambda statement: ask(connection, statement)


def test_saved_and_drilled_under_load_and_what_is_wrong_fails(login: Login) -> None:
    with TemporaryDirectory(prefix="sw-", dir="/tmp") as folder:
        site = TypedBackup(Path(folder))
        site.root.chmod(0o755)
        (site.root / "p").write_text("p\n")
        (site.root / "p").chmod(0o600)
        scratch = "nobody" if os.geteuid() == 0 else '""'
        policy = POLICY.format(root=site.root, port=login.port, money=MONEY, account=scratch)
        site.write_policy(policy)
        site.good("keys", "init")
        with transfers(lambda: bank(login)) as made:
            before = made()
            site.good("run")
            assert made() > before
            drilled = site.good("drill", "3", "--json").json
        shown = site.good("show", "--json").json["manifest"]["databases"][0]["tables"]
        assert (drilled["counts"]["rows"], drilled["counts"]["assertions"]) == (sum(shown.values()), 1)
        assert shown["moves"] % 2 == 0, "no transfer is there by half"

        with connected(login, "bank") as connection:
            ask(connection, "UPDATE accounts SET balance = balance + 7 WHERE id = 1")
        site.good("run")
        site.good("drill", "2")  # every byte is as it was saved
        said = site.type("drill", "3")
        assert (said.code, f"money: {MONEY + 7} instead of" in said.err) == (1, True)

        site.damage_packs()
        shutil.rmtree(site.root / "state/cache")
        said = site.type("drill", "3")
        assert (said.code, "money" in said.err) == (1, False)
