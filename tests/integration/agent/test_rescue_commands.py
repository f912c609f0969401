"""`sitewarden-agent backup rescue`, `correct` and `database` as an administrator types them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql_session import connected
from tests.fakes.database_servers import postgresql
from tests.fakes.typed_backup import TypedBackup


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.fixture
def saved() -> Iterator[TypedBackup]:
    with TemporaryDirectory(prefix="sw-", dir="/tmp") as folder:
        found = TypedBackup(Path(folder))
        found.good("keys", "init")
        found.good("run")
        yield found


def test_deleted_rows_are_shown_handed_over_and_brought_back(saved: TypedBackup) -> None:
    saved.sql("DELETE FROM orders WHERE number < 3")
    saved.sql("UPDATE orders SET total = 7 WHERE number = 50")
    shown = saved.good("rescue", "orders", "--table", "orders").out
    assert "3 deleted, 1 changed, 0 added" in shown
    assert len([line for line in shown.splitlines() if line.startswith("deleted")]) == 3
    fix = saved.root / "fix.jsonl"
    said = saved.good("rescue", "orders", "--table", "orders", "--to", str(fix), "--json").json
    assert said["counts"] == {"deleted": 3, "changed": 1, "added": 0}
    digest = said["correction"]["sha256"]
    preview = saved.good("correct", str(fix), "--database", "orders")
    assert preview.out.count("INSERT INTO") == 3
    assert digest in preview.err
    wrong = saved.type("correct", str(fix), "--database", "orders", "--confirm", "0" * 12)
    assert wrong.code == 1
    assert "confirm it with the first 12" in wrong.err
    done = saved.good("correct", str(fix), "--database", "orders", "--confirm", digest[:12], "--json")
    assert done.json == {"changed": 3}
    again = saved.good("rescue", "orders", "--table", "orders", "--json").json
    assert again["counts"] == {"deleted": 0, "changed": 1, "added": 0}
    twice = saved.type("rescue", "orders", "--table", "orders", "--to", str(fix))
    assert (twice.code, "cannot be used" in twice.err) == (1, True)


def test_one_row_only(saved: TypedBackup) -> None:
    saved.sql("UPDATE orders SET total = 7 WHERE number IN (50, 51)")
    fix = str(saved.root / "fix.jsonl")
    chosen = ("--changed", "--row", "50", "--to", fix, "--json")
    tail = saved.good("rescue", "orders", "--table", "orders", *chosen).json["correction"]
    assert (tail["deleted"], tail["changed"]) == (0, 1)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("rescue", "absent", "--table", "t"), "the policy names no database absent"),
        (("rescue", "orders", "--table", "absent"), "there is no table absent"),
        (("rescue", "orders", "--table", "orders", "--snapshot", "zz"), "0 snapshots are called zz"),
        (("correct", "/nonexistent", "--database", "orders"), "is no correction"),
        (("database", "orders", "--consent", "orders"), "type its name as the consent"),
    ],
)
def test_what_cannot_be_done_is_told(saved: TypedBackup, typed: tuple[str, ...], said: str) -> None:
    found = saved.type(*typed)
    assert found.code == 1
    assert said in found.err
    assert not (saved.root / "state/rescue").exists()


def test_a_whole_database_takes_the_place_of_the_live_one(saved: TypedBackup) -> None:
    saved.sql("DELETE FROM orders")
    preview = saved.good("database", "orders").out
    assert "orders: 0 rows now, 100 in the snapshot" in preview
    assert "--consent 'orders.db'" in preview
    done = saved.good("database", "orders", "--swap", "--consent", "orders.db", "--json").json
    assert done["database"] == "orders.db"
    assert (saved.shop / done["kept"]).exists()
    counted = saved.good("rescue", "orders", "--table", "orders", "--json").json["counts"]
    assert counted == {"deleted": 0, "changed": 0, "added": 0}


def test_postgresql_from_backup_to_proof_and_back(saved: TypedBackup) -> None:
    """As root too, where the scratch server runs under an account of its own."""
    with postgresql() as port:
        login = Login("boss", "p", port=port)
        with connected(login, "postgres") as connection:
            connection.run("CREATE TABLE public.letters (id int PRIMARY KEY, text text)")
            connection.run("INSERT INTO public.letters SELECT n, 'letter ' || n FROM generate_series(1, 50) n")
        (saved.root / "password").write_text("p\n")
        (saved.root / "password").chmod(0o600)
        rule = f"""
    - name: letters
      engine: postgresql
      database: postgres
      user: boss
      port: {port}
      password_file: {saved.root}/password
schedule:"""
        account = "drills: {account: nobody}\n" if os.geteuid() == 0 else ""
        before = saved.policy.read_text().partition("drills:")[0]
        saved.write_policy(before.replace("\nschedule:", rule, 1) + account)
        saved.root.chmod(0o711)
        saved.good("run")
        saved.good("drill", "3")
        with connected(login, "postgres") as connection:
            connection.run("DELETE FROM public.letters WHERE id > 40")
        saved.good("drill", "3")  # compared with the manifest, not with what is there now
        typed = ("rescue", "letters", "--table", "public.letters", "--to", str(saved.root / "fix"), "--json")
        digest = saved.good(*typed).json["correction"]["sha256"]
        saved.good("correct", str(saved.root / "fix"), "--database", "letters", "--confirm", digest[:12])
        with connected(login, "postgres") as connection:
            assert connection.run("SELECT count(*) FROM public.letters") == [[50]]
