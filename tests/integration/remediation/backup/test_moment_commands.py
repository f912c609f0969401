"""`backup moment` and the drills as an administrator types them: real servers under write load, the real clock."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql_session import connected
from tests.fakes.database_servers import postgresql, running_cluster
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
    - {{name: main, engine: postgresql-cluster, database: bank, port: {port}, user: boss, password_file: {root}/p,
       assertions: [{{name: money, query: SELECT sum(balance) FROM accounts, equals: "{money}"}}]}}
    - {{name: bank, engine: postgresql, port: {port}, user: boss, password_file: {root}/p,
       assertions: [{{name: money, query: SELECT sum(balance) FROM accounts, equals: "{money}"}}]}}
schedule: {{every_s: 3600}}
limits: {{stage_free_bytes: 1000, nice: 0}}
drills: {{account: {account}}}
"""


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.fixture(scope="module")
def login() -> Iterator[Login]:
    with postgresql() as port:
        boss = Login("boss", "p", port=port)
        with connected(boss, "postgres") as connection:
            connection.run("CREATE DATABASE bank")
        with connected(boss, "bank") as connection:
            connection.run("SET search_path = public")
            for statement in TABLES:
                connection.run(statement)
            connection.run("CREATE TABLE public.letters (text text)")
        yield boss


@pytest.fixture(scope="module")
def site(login: Login) -> Iterator[TypedBackup]:
    with TemporaryDirectory(prefix="sw-", dir="/tmp") as folder:
        root = Path(folder)
        root.chmod(0o755)
        found = TypedBackup(root)
        (root / "p").write_text("p\n")
        (root / "p").chmod(0o600)
        scratch = "nobody" if os.geteuid() == 0 else '""'
        found.write_policy(POLICY.format(root=root, port=login.port, money=MONEY, account=scratch))
        found.good("keys", "init")
        yield found


@contextmanager
def bank(login: Login) -> Iterator[Callable[[str], object]]:
    with connected(login, "bank") as connection:
        connection.run("SET search_path = public")
        yield connection.run


def _write(login: Login, statement: str) -> datetime:
    """Run it, and a moment between it and whatever comes next."""
    with connected(login, "bank") as connection:
        connection.run(statement)
        connection.run("SELECT pg_sleep(0.02)")
        found = connection.run("SELECT clock_timestamp()")[0][0]
        connection.run("SELECT pg_sleep(0.02)")
    assert isinstance(found, datetime)
    return found


def test_saved_and_drilled_while_money_moves_then_brought_back_to_the_moment_before(
    site: TypedBackup, login: Login
) -> None:
    site.good("check")  # which makes the target
    assert "No snapshot holds main" in site.good("moment", "main").out
    with transfers(lambda: bank(login)) as made:
        site.good("run")
        before = _write(login, "INSERT INTO public.letters VALUES ('before')")
        _write(login, "INSERT INTO public.letters VALUES ('after')")
        _write(login, "DELETE FROM public.letters WHERE text = 'before'")
        site.good("run")
        assert made() > 0
        site.good("drill", "2")
        drilled = site.good("drill", "3", "--json").json
        went_on = made()
    counts = drilled["counts"]
    assert (counts["databases"], counts["assertions"], counts["tables"]) == (2, 2, 3)
    moments = site.good("moment", "main", "--json").json["moments"]
    assert [datetime.fromisoformat(each["since"]) < before for each in moments] == [True, True]
    assert [before < datetime.fromisoformat(each["until"]) for each in moments] == [False, True]

    into = site.root / "back"
    said = site.good("moment", "main", "--at", before.isoformat(), "--to", str(into))
    assert "chown -R postgres" in said.out
    with running_cluster(into) as port, connected(Login("boss", "p", port=port), "bank") as connection:
        assert connection.run("SELECT text FROM public.letters") == [["before"]]
        assert connection.run("SELECT sum(balance) FROM public.accounts") == [[MONEY]]
        (moves,) = connection.run("SELECT count(*) FROM public.moves")[0]
        assert moves % 2 == 0
        assert 0 < moves // 2 < went_on
    shutil.rmtree(into)


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("moment", "main", "--at", "2026-11-22T10:00:00", "--to", "/nonexistent/x"), 2, "no moment with a zone"),
        (("moment", "main", "--at", "yesterday", "--to", "/nonexistent/x"), 2, "no moment with a zone"),
        (("moment", "main", "--at", "2020-01-01T00:00:00Z", "--to", "/nonexistent/x"), 1, "no snapshot brings main"),
        (("moment", "main", "--at", "2020-01-01T00:00:00Z"), 2, "--to"),
        (("moment", "bank"), 1, "not saved for a point in time"),
        (("moment", "other"), 1, "names no database other"),
    ],
)
def test_what_cannot_be_is_said(site: TypedBackup, words: tuple[str, ...], code: int, complaint: str) -> None:
    said = site.type(*words)
    assert (said.code, complaint in said.err) == (code, True), said


def test_a_planted_wrong_row_and_a_damaged_pack_fail_the_drill(site: TypedBackup, login: Login) -> None:
    _write(login, "UPDATE public.accounts SET balance = balance + 7 WHERE id = 1")
    site.good("run")
    site.good("drill", "2")  # every byte is as it was saved
    said = site.type("drill", "3")
    assert said.code == 1
    for name in ("main", "bank"):
        assert f"{name}: money: {MONEY + 7} instead of {MONEY}" in said.err
    site.damage_packs()
    shutil.rmtree(site.root / "state/cache")
    said = site.type("drill", "3")
    assert (said.code, "money" in said.err) == (1, False)
