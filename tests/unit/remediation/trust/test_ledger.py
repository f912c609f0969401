"""The ledger: only ever more, all or nothing, and durable."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from remediation.trust import ledger as ledger_module
from remediation.trust.decision import Use
from remediation.trust.ledger import LEDGER_NAME, Ledger, LedgerBroken

ONE, TWO = Use("a" * 32, 1), Use("b" * 32, 2)


def test_a_use_counts_all_or_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.use([ONE, TWO])
    assert not ledger.use([TWO, ONE])
    assert ledger.uses() == {ONE.id: 1, TWO.id: 1}
    assert ledger.use([TWO])
    assert not ledger.use([TWO])
    assert Ledger(tmp_path).uses() == {ONE.id: 1, TWO.id: 2}


def test_nothing_and_one_thing_twice_are_no_use(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert not ledger.use([])
    assert not ledger.use([TWO, TWO])
    assert ledger.uses() == {}


def test_what_was_stopped_stays_stopped(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for _ in range(2):
        ledger.revoke(ONE.id)
        ledger.decline("0" * 64)
    again = Ledger(tmp_path)
    assert again.revoked() == {ONE.id}
    assert again.declined() == {"0" * 64}
    assert not again.use([ONE])  # revoked between the decision and the run
    assert again.use([TWO])


def test_of_many_at_once_only_as_many_as_allowed_get_it(tmp_path: Path) -> None:
    Ledger(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: Ledger(tmp_path).use([TWO, Use("c", 99)]), range(12)))
    assert sum(got) == 2
    assert Ledger(tmp_path).uses() == {TWO.id: 2, "c": 2}


def test_when_there_is_no_room_for_stops_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "STOPS", 3)
    ledger = Ledger(tmp_path)
    ledger.revoke("1")
    ledger.decline("2")
    assert ledger.use([TWO])
    ledger.revoke("3")
    assert not ledger.use([TWO])
    ledger.revoke("4")
    assert ledger.revoked() == {"1", "3"}


def test_a_crash_after_the_use_keeps_it(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from remediation.trust.ledger import Ledger;"
        "from remediation.trust.decision import Use;"
        "assert Ledger(Path(sys.argv[1])).use([Use('a', 1)]); os._exit(9)"
    )
    ran = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert ran.returncode == 9
    assert not Ledger(tmp_path).use([Use("a", 1)])


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert ledger.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be looked at" * 20, b"SQLite format 3\0"]
)
def test_a_broken_ledger_permits_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LEDGER_NAME).write_bytes(content)
    with pytest.raises(LedgerBroken):
        Ledger(tmp_path)


def test_a_ledger_that_is_taken_away_permits_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.path.unlink()
    with pytest.raises(LedgerBroken):
        ledger.use([ONE])


def test_numbers_cannot_be_lowered_through_it(tmp_path: Path) -> None:
    """The negative control: only who may write the file itself can take a use back."""
    ledger = Ledger(tmp_path)
    assert ledger.use([ONE])
    assert not ledger.use([ONE])
    file = sqlite3.connect(ledger.path)
    file.execute("DELETE FROM uses")
    file.commit()
    file.close()
    assert ledger.use([ONE])
