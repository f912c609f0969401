"""`sitewarden-agent backup ...` as an administrator types it: a real archive, a real database, the real clock."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from remediation.backup.journal import Journal
from tests.fakes.typed_backup import TypedBackup, type_it
from wire.documents.backups import Act


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.fixture
def fresh() -> Iterator[TypedBackup]:
    """Below a short path, as the sockets of scratch servers want it."""
    with TemporaryDirectory(prefix="sw-", dir="/tmp") as folder:
        found = TypedBackup(Path(folder))
        found.good("keys", "init")
        yield found


@pytest.fixture
def saved(fresh: TypedBackup) -> TypedBackup:
    fresh.good("run")
    return fresh


def test_from_nothing_to_green(fresh: TypedBackup) -> None:
    assert "no second copy" in fresh.good("check").err
    assert "no restore was ever proven" in fresh.type("status").out
    said = fresh.good("due", "--json").json
    assert said["why"] == "first"
    assert [(deed["act"], deed.get("level")) for deed in said["done"]] == [
        ("backup", None),
        ("drill", 0),
        ("drill", 1),
        ("drill", 2),
        ("drill", 3),
    ]
    assert "green: saved in time" in fresh.good("status").out
    assert fresh.good("due", "--json").json == {"due": False, "why": "done", "done": []}
    state = fresh.good("status", "--json").json
    assert (state["green"], state["faults"], state["waiting_proofs"]) == (True, [], 5)


def test_a_planted_wrong_row_turns_it_red(saved: TypedBackup) -> None:
    saved.good("drill", "3")
    saved.sql("UPDATE orders SET total = 7 WHERE number = 50")
    saved.good("run")
    said = saved.type("drill", "3")
    assert (said.code, "totals: 4907 instead of 4950" in said.err) == (1, True)
    status = saved.type("status")
    assert (status.code, "the drill of level 3 failed" in status.out) == (1, True)


def _packs(root: Path) -> list[Path]:
    return sorted((root / "target/packs").rglob("*.*")) or [
        p for p in (root / "target/packs").rglob("*") if p.is_file()
    ]


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_a_damaged_pack_fails_the_drills_that_read_it(saved: TypedBackup, at: float) -> None:
    for level in ("0", "1", "2", "3"):
        saved.good("drill", level)
    saved.damage_packs(at)
    assert saved.type("drill", "1").code == 1
    shutil.rmtree(saved.root / "state/cache")
    assert [saved.type("drill", level).code for level in ("1", "3")] == [1, 1]


def test_a_deleted_pack_fails_level_0(saved: TypedBackup) -> None:
    saved.good("drill", "0")
    _packs(saved.root)[0].unlink()
    assert saved.type("drill", "0").code == 1


def test_a_server_is_lost_and_comes_back_with_the_sheet_alone(saved: TypedBackup, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.txt"
    sheet.write_text(saved.good("keys", "sheet", "--language", "en").out)
    before = {path.name: path.read_bytes() for path in saved.shop.iterdir() if path.name != "orders.db"}
    shutil.rmtree(saved.shop)
    shutil.rmtree(saved.root / "state")
    (saved.root / "backup.key").unlink()
    saved.policy.unlink()
    assert "shop-1" in type_it("recover", "--sheet", str(sheet)).out
    said = type_it("recover", "--sheet", str(sheet), "--to", str(tmp_path / "back"))
    assert said.code == 0, said
    back = tmp_path / "back" / str(saved.shop).lstrip("/")
    assert {path.name: path.read_bytes() for path in back.iterdir()} == before
    assert "database orders in" in said.out
    assert "held 1 tables with 100 rows" in said.out
    again = type_it("recover", "--sheet", str(sheet), "--to", str(tmp_path / "back"))
    assert (again.code, "not an empty folder" in again.err) == (1, True)


def test_a_sheet_with_a_slip_says_in_which_line(saved: TypedBackup, tmp_path: Path) -> None:
    text = saved.good("keys", "sheet").out
    line = next(line for line in text.splitlines() if line.startswith("key 2"))
    slipped = line[:-1] + ("0" if line[-1] != "0" else "1")
    (tmp_path / "sheet.txt").write_text(text.replace(line, slipped))
    said = type_it("recover", "--sheet", str(tmp_path / "sheet.txt"))
    assert (said.code, "line 2" in said.err) == (1, True)
    (tmp_path / "sheet.txt").write_text(text)
    assert "opens" in saved.good("keys", "check-sheet", str(tmp_path / "sheet.txt")).out


def test_a_rotated_key_opens_and_the_old_sheet_does_not(saved: TypedBackup, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.txt"
    sheet.write_text(saved.good("keys", "sheet").out)
    saved.good("keys", "rotate", "--yes")
    said = saved.type("keys", "check-sheet", str(sheet))
    assert (said.code, "does not open" in said.err) == (1, True)
    saved.good("keys", "add-recipient", str(tmp_path / "trustee.key"))
    saved.good("run")
    assert len(saved.good("list").out.splitlines()) == 3


def test_restore_of_one_file_and_of_one_database(saved: TypedBackup, tmp_path: Path) -> None:
    saved.good("restore", "--path", str(saved.shop / "config.ini"), "--to", str(tmp_path / "one"))
    found = [path.name for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert found == ["config.ini"]
    saved.good("restore", "--database", "orders", "--to", str(tmp_path / "two"))
    assert [path.name for path in (tmp_path / "two").rglob("*") if path.is_file()] == ["content.sqlite"]
    refused = saved.type("restore", "--database", "orders", "--in-place", "--yes")
    assert (refused.code, "never laid over" in refused.err) == (2, True)


def test_in_place_asks_shows_and_stays_away_from_what_runs(saved: TypedBackup, monkeypatch: pytest.MonkeyPatch) -> None:
    (saved.shop / "config.ini").write_text("broken")
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    said = saved.type("restore", "--in-place", "--path", str(saved.shop))
    assert (said.code, "nothing was done" in said.err) == (1, True)
    assert "are there already" in said.out
    with (saved.shop / "config.ini").open() as opened:
        service = subprocess.Popen(["sleep", "60"], stdin=opened)
    try:
        said = saved.type("restore", "--in-place", "--path", str(saved.shop), "--yes")
        assert (said.code, "stop them first" in said.err) == (1, True)
    finally:
        service.kill()
        service.wait()
    assert (saved.shop / "config.ini").read_text() == "broken"
    saved.good("restore", "--in-place", "--path", str(saved.shop), "--yes")
    assert (saved.shop / "config.ini").read_text() == "port = 8080\n"


def test_prune_is_for_the_receivers_side_and_needs_a_proof(saved: TypedBackup) -> None:
    refused = saved.type("prune", "--preview")
    assert (refused.code, "no drill has restored" in refused.err) == (1, True)
    saved.good("drill", "3")
    said = saved.type("prune", "--yes")
    assert (said.code, "append-only from here" in said.err) == (1, True)
    text = saved.policy.read_text().replace("engine: archive}", "engine: archive, append_only: false}")
    saved.write_policy(text + "retention: {last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0}\n")
    saved.good("run")
    preview = saved.good("prune", "--preview", "--json").json
    assert (len(preview["kept"]), len(preview["removed"]), preview["done"]) == (1, 1, False)
    done = saved.good("prune", "--yes", "--json").json
    assert (done["done"], len(done["removed"])) == (True, 1)
    assert len(saved.good("list").out.splitlines()) == 2
    saved.good("drill", "3")


def test_a_prune_that_looks_wrong_is_refused_and_written_down(saved: TypedBackup) -> None:
    saved.write_policy(saved.policy.read_text().replace("engine: archive}", "engine: archive, append_only: false}"))
    said = saved.type("prune", "--yes", "--json")
    assert (said.code, said.json["refused"][0]["code"]) == (1, "no_proof")
    assert "nothing old is removed" in saved.type("status").out
    saved.good("drill", "3")
    saved.good("prune", "--yes")
    assert "nothing old" not in saved.good("status").out


def test_a_failed_run_says_what_and_leaves_no_snapshot(saved: TypedBackup) -> None:
    (saved.shop / "orders.db").write_bytes(b"no database any more" * 1_000)
    said = saved.type("run")
    assert (said.code, "orders" in said.err) == (1, True)
    assert len(saved.good("list").out.splitlines()) == 2
    assert "the last run failed" in saved.type("status").out


def test_everything_is_in_the_journal(saved: TypedBackup, tmp_path: Path) -> None:
    saved.good("drill", "0")
    saved.good("restore", "--to", str(tmp_path / "back"))
    saved.good("keys", "rotate", "--yes")
    journal = Journal(saved.root / "state", lambda: datetime.now(UTC))
    acts = [deed.act for _, deed in journal.deeds()]
    journal.close()
    assert acts == [Act.BACKUP, Act.DRILL, Act.RESTORE, Act.KEYS]
    said = type_it("audit", "verify", "--folder", str(saved.root / "state/journal"), "--json")
    assert (said.code, said.json["whole"]) == (0, True)


def test_a_policy_with_faults_or_open_to_others_is_refused(saved: TypedBackup) -> None:
    saved.policy.chmod(0o666)
    said = saved.type("run")
    assert (said.code, "chmod go-w" in said.err) == (1, True)
    saved.write_policy(saved.policy.read_text().replace("trees:", "tress:"))
    said = saved.type("run")
    assert (said.code, ":8:" in said.err) == (2, True)


def test_show_names_databases_and_files(saved: TypedBackup) -> None:
    assert "database  orders: sqlite" in saved.good("show").out
    assert "100 rows" in saved.good("show", "latest").out
    assert "config.ini" in saved.good("show", "latest", str(saved.shop)).out
    assert saved.good("show", "--json").json["manifest"]["databases"][0]["tables"] == {"orders": 100}
    assert saved.type("show", "nothing").code == 1


@pytest.mark.skipif(shutil.which("restic") is None, reason="there is no restic (Debian: restic)")
def test_the_same_with_restic() -> None:
    """From nothing to green, a sheet that opens it, and a damaged pack that a drill finds."""
    with TemporaryDirectory(prefix="sw-", dir="/tmp") as folder:
        site = TypedBackup(Path(folder), engine="restic")
        site.good("keys", "init")
        said = site.good("due", "--json").json
        assert [deed["is_good"] for deed in said["done"]] == [True] * 5
        sheet = site.root / "sheet.txt"
        sheet.write_text(site.good("keys", "sheet", "--language", "en").out)
        assert "restic opens it" in sheet.read_text()
        site.good("keys", "check-sheet", str(sheet))
        assert "green: saved in time" in site.good("status").out
        for pack in (path for path in (site.root / "target/data").rglob("*") if path.is_file()):
            content = bytearray(pack.read_bytes())
            content[len(content) // 2] ^= 0x10
            pack.chmod(0o600)
            pack.write_bytes(content)
        assert site.type("drill", "1", "--parts", "1").code == 1
