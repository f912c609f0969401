"""A restore in place that is cut off at every step; the next run ends it by itself."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from remediation.backup.errors import RestoreBroken, RestoreRefused
from remediation.backup.model import Restored, Selection, Step, Tell
from remediation.backup.replacing import INTENT, Course
from remediation.backup.restoring import find_snapshot, restore_below, restore_in_place
from tests.fakes.backup_engine import CopyingEngine
from tests.fakes.backup_site import BackupSite, quiet


class Crash(BaseException):
    """The power is gone."""


def _at(number: int, what: str) -> Tell:
    def tell(step: Step) -> None:
        if step.what == what and step.done_files == number:
            raise Crash

    return tell


@pytest.fixture
def site(tmp_path: Path) -> BackupSite:
    found = BackupSite(tmp_path)
    found.back_up()
    return found


def _contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def _spoil(site: BackupSite) -> None:
    for path in site.app.iterdir():
        path.write_text("spoilt")


def _rerun(site: BackupSite, tell: Tell = quiet) -> Restored:
    beside = site.root / "state/restore"
    return restore_in_place(site.engine, find_snapshot(site.engine, "latest"), Selection(), beside, tell)


@pytest.mark.parametrize("number", [1, 2, 10, 21])
def test_one_that_was_cut_off_while_moving_goes_on(site: BackupSite, number: int) -> None:
    before = _contents(site.app)
    _spoil(site)
    with pytest.raises(Crash):
        _rerun(site, _at(number, "replacing"))
    mixed = _contents(site.app)
    assert mixed != before or number == len(before)
    assert sum(mixed[name] == before[name] for name in before) == number
    first = _rerun(site)
    assert _contents(site.app) == before
    assert first.files == 21
    assert sorted(path.name for path in (site.root / "state").glob("restore*")) == []


def test_going_on_needs_nothing_of_the_target(site: BackupSite) -> None:
    before = _contents(site.app)
    _spoil(site)
    with pytest.raises(Crash):
        _rerun(site, _at(5, "replacing"))
    snapshot = find_snapshot(site.engine, "latest")
    nothing = CopyingEngine(site.root / "another")
    restore_in_place(nothing, snapshot, Selection(), site.root / "state/restore", quiet)
    assert _contents(site.app) == before


def test_one_that_was_cut_off_while_unpacking_begins_anew(site: BackupSite) -> None:
    before = _contents(site.app)
    _spoil(site)

    class Cut(CopyingEngine):
        def restore(self, snapshot: str, selection: Selection, into: Path, tell: Tell) -> Restored:
            super().restore(snapshot, selection, into, tell)
            raise Crash

    engine = Cut(site.root / "target")
    with pytest.raises(Crash):
        restore_in_place(engine, find_snapshot(engine, "latest"), Selection(), site.root / "state/restore", quiet)
    assert set(_contents(site.app).values()) == {"spoilt"}
    assert (site.root / "state/restore").is_dir()
    _rerun(site)
    assert _contents(site.app) == before


def test_one_for_something_else_ends_the_old_one_first(site: BackupSite) -> None:
    before = _contents(site.app)
    _spoil(site)
    with pytest.raises(Crash):
        _rerun(site, _at(3, "replacing"))
    (site.app / "config.ini").write_text("spoilt")
    chosen = Selection((str(site.app / "config.ini"),))
    restore_in_place(site.engine, find_snapshot(site.engine, "latest"), chosen, site.root / "state/restore", quiet)
    assert _contents(site.app) == before


def test_a_folder_of_somebody_else_is_not_thrown_away(site: BackupSite) -> None:
    (site.root / "state/restore").mkdir(parents=True)
    (site.root / "state/restore/mine").touch()
    with pytest.raises(RestoreRefused, match="not an empty folder"):
        _rerun(site)
    assert (site.root / "state/restore/mine").exists()


def test_an_intent_that_cannot_be_read_stops_everything(site: BackupSite) -> None:
    (site.root / "state").mkdir(exist_ok=True)
    (site.root / f"state/restore{INTENT}").write_text("{")
    with pytest.raises(RestoreRefused, match="cannot be read"):
        _rerun(site)
    assert Course(site.root / "state/other", site.root).open_intent() is None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_is_told_and_nothing_was_replaced(site: BackupSite, number: int) -> None:
    class Full(CopyingEngine):
        def restore(self, snapshot: str, selection: Selection, into: Path, tell: Tell) -> Restored:
            super().restore(snapshot, selection, into, tell)
            raise OSError(number, os.strerror(number))

    _spoil(site)
    engine = Full(site.root / "target")
    snapshot = find_snapshot(engine, "latest")
    with pytest.raises(RestoreBroken, match="broke off"):
        restore_in_place(engine, snapshot, Selection(), site.root / "state/restore", quiet)
    assert set(_contents(site.app).values()) == {"spoilt"}
    assert not (site.root / "state/restore").exists()
    with pytest.raises(RestoreBroken, match="broke off"):
        restore_below(engine, snapshot, Selection(), site.root / "below", quiet)
