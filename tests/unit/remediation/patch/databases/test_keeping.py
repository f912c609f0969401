from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

import pytest

from remediation.backup.errors import DumpUnusable, SourceFailed
from remediation.patch.databases.keeping import Kept
from remediation.patch.databases.sqlite import Sqlite
from remediation.patch.errors import StepFailed


@pytest.fixture
def engine(tmp_path: Path) -> Sqlite:
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as opened:
        opened.execute("CREATE TABLE t (x)")
    return Sqlite(tmp_path / "a.db", time.monotonic)


def test_what_was_saved_is_private_and_may_be_saved_again(engine: Sqlite, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept", "a")
    kept.save(engine)
    kept.save(engine)
    assert {path.name for path in (tmp_path / "kept/a").iterdir()} == {"dump", "facts.json"}
    for folder in (tmp_path / "kept", tmp_path / "kept/a", tmp_path / "kept/a/dump"):
        assert folder.stat().st_mode & 0o777 == 0o700, folder
    kept.put_back(engine)
    assert not kept.is_replaying


def test_a_save_that_failed_cannot_be_put_back(engine: Sqlite, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept", "a")
    kept.save(engine)
    (tmp_path / "a.db").write_bytes(b"no database" * 100)
    with pytest.raises(SourceFailed):
        kept.save(engine)
    with pytest.raises(StepFailed, match="was not saved"):
        kept.put_back(engine)


def test_a_copy_that_is_not_as_it_was_written_stays_where_it_is(engine: Sqlite, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept", "a")
    kept.save(engine)
    before = (tmp_path / "a.db").read_bytes()
    with (tmp_path / "kept/a/dump/content.sqlite").open("ab") as file:
        file.write(b"x")
    with pytest.raises(DumpUnusable):
        kept.put_back(engine)
    assert (tmp_path / "a.db").read_bytes() == before
    assert not kept.is_replaying


def test_putting_back_that_does_not_end_is_remembered(engine: Sqlite, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept", "a")
    kept.save(engine)

    class Dying(Sqlite):
        def put_back(self, dump: Path) -> None:
            raise StepFailed(None)  # type: ignore[arg-type]

    with pytest.raises(StepFailed):
        kept.put_back(Dying(tmp_path / "a.db", time.monotonic))
    assert kept.is_replaying
    kept.put_back(engine)
    assert not kept.is_replaying
