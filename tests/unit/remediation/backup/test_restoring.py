from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from remediation.backup.errors import RestoreRefused, TargetRefused
from remediation.backup.model import Restored, Selection, Tell, Unread
from remediation.backup.restoring import (
    find_snapshot,
    preview,
    read_manifest,
    restore_below,
    restore_in_place,
    selection_of,
)
from remediation.backup.stage import stage_of
from tests.fakes.backup_engine import CopyingEngine
from tests.fakes.backup_site import BackupSite, quiet


@pytest.fixture
def site(tmp_path: Path) -> BackupSite:
    found = BackupSite(tmp_path)
    found.back_up()
    return found


def _contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_snapshots_are_found_by_beginning_and_latest(site: BackupSite) -> None:
    site.back_up()
    assert find_snapshot(site.engine, "latest").id == "s0002"
    assert find_snapshot(site.engine, "s0001").id == "s0001"
    for name in ("s0", "x", ""):
        with pytest.raises(RestoreRefused, match="snapshots are called"):
            find_snapshot(site.engine, name)


def test_a_damaged_manifest_is_no_manifest(site: BackupSite) -> None:
    snapshot = find_snapshot(site.engine, "latest")
    site.engine.path_of(snapshot.id, f"{stage_of(snapshot)}/manifest.json").write_bytes(b'{"run":')
    with pytest.raises(TargetRefused, match="manifest"):
        read_manifest(site.engine, snapshot)


def test_whole_site_paths_or_one_database(site: BackupSite) -> None:
    snapshot = find_snapshot(site.engine, "latest")
    manifest = read_manifest(site.engine, snapshot)
    assert selection_of(snapshot, manifest, [], "") == Selection()
    assert selection_of(snapshot, manifest, ["/srv/a/", "b"], "") == Selection(("/srv/a", "/b"))
    assert selection_of(snapshot, manifest, [], "orders").paths[0].endswith("/databases/orders")
    with pytest.raises(RestoreRefused, match="holds no database"):
        selection_of(snapshot, manifest, [], "billing")


def test_a_restore_below_a_folder_is_equal_and_never_mixed(site: BackupSite) -> None:
    snapshot, into = find_snapshot(site.engine, "latest"), site.root / "back"
    restore_below(site.engine, snapshot, Selection(), into, quiet)
    assert _contents(into / str(site.app).lstrip("/")) == _contents(site.app)
    with pytest.raises(RestoreRefused, match="not an empty folder"):
        restore_below(site.engine, snapshot, Selection(), into, quiet)
    (site.root / "link").symlink_to(site.app)
    with pytest.raises(RestoreRefused):
        restore_below(site.engine, snapshot, Selection(), site.root / "link", quiet)


def test_the_preview_counts_what_would_be_replaced(site: BackupSite) -> None:
    snapshot = find_snapshot(site.engine, "latest")
    selected = Selection((str(site.app),))
    (site.app / "letter-0.txt").unlink()
    seen = preview(site.engine, snapshot, selected, Path("/"))
    assert (seen.files, seen.existing, seen.in_use) == (21, 20, ())
    assert seen.size_bytes > 1_000
    assert preview(site.engine, snapshot, selected, site.root / "back").existing == 0


def test_in_place_leaves_the_folders_above_as_they_are(site: BackupSite) -> None:
    """Their copies were only made on the way: a sticky /tmp that becomes 0755 stops everybody on the host."""
    site.root.chmod(0o1777)
    restore_in_place(site.engine, find_snapshot(site.engine, "latest"), Selection(), site.root / "beside", quiet)
    assert site.root.stat().st_mode & 0o7777 == 0o1777


def test_in_place_brings_back_what_was_changed_and_keeps_what_is_new(site: BackupSite) -> None:
    before = _contents(site.app)
    (site.app / "letter-1.txt").unlink()
    (site.app / "config.ini").write_text("broken")
    (site.app / "new.txt").write_text("new")
    restore_in_place(site.engine, find_snapshot(site.engine, "latest"), Selection(), site.root / "beside", quiet)
    assert _contents(site.app) == before | {"new.txt": "new"}
    assert not (site.root / "beside").exists()
    assert not (site.state / "sitewarden-stage").exists(), "dumps are not laid out beside the live system"


def test_a_link_where_a_folder_was_is_replaced_not_followed(site: BackupSite) -> None:
    (site.root / "outside").mkdir()
    site.app.rename(site.root / "old")
    site.app.symlink_to(site.root / "outside")
    restore_in_place(site.engine, find_snapshot(site.engine, "latest"), Selection(), site.root / "beside", quiet)
    assert list((site.root / "outside").iterdir()) == []
    assert not site.app.is_symlink()


def test_over_a_running_service_nothing_is_replaced(site: BackupSite) -> None:
    snapshot = find_snapshot(site.engine, "latest")
    (site.app / "config.ini").write_text("in use")
    with (site.app / "config.ini").open("rb") as opened:
        service = subprocess.Popen(["sleep", "60"], stdin=opened)
    try:
        assert f"sleep ({service.pid})" in preview(site.engine, snapshot, Selection(), Path("/")).in_use
        with pytest.raises(RestoreRefused, match="stop them first"):
            restore_in_place(site.engine, snapshot, Selection(), site.root / "beside", quiet)
    finally:
        service.kill()
        service.wait()
    assert (site.app / "config.ini").read_text() == "in use"


def test_a_restore_that_is_not_whole_replaces_nothing(site: BackupSite) -> None:
    class Torn(CopyingEngine):
        def restore(self, snapshot: str, selection: Selection, into: Path, tell: Tell) -> Restored:
            done = super().restore(snapshot, selection, into, tell)
            problems: Sequence[Unread] = (Unread("/x", "pack is damaged"),)
            return Restored(done.files, done.size_bytes, tuple(problems))

    (site.app / "config.ini").write_text("mine")
    engine = Torn(site.root / "target")
    with pytest.raises(RestoreRefused, match="pack is damaged"):
        restore_in_place(engine, find_snapshot(engine, "latest"), Selection(), site.root / "beside", quiet)
    assert (site.app / "config.ini").read_text() == "mine"
