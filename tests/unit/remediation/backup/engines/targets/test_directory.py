from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from remediation.backup.engines.targets.directory import Directory, told
from remediation.backup.engines.targets.port import MARKER
from remediation.backup.errors import TargetRefused, TargetUnavailable
from tests.fakes.backup_engines import at_directory, no_limit


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(TargetRefused, match="holds other files"):
        at_directory(tmp_path).prepare(b"x")
    assert os.listdir(tmp_path) == ["mine"]  # noqa: PTH208


def test_a_disk_that_is_not_attached_is_not_prepared(tmp_path: Path) -> None:
    is_same_disk = tmp_path.stat().st_dev == Path("/").stat().st_dev
    target = Directory(tmp_path / "disk", pace=no_limit(), new_name=lambda: "x", is_own_disk=True)
    if is_same_disk:
        with pytest.raises(TargetUnavailable, match="attach the disk"):
            target.prepare(b"x")
        assert not (tmp_path / "disk").exists()


def test_without_the_marker_nothing_is_written_read_or_listed(tmp_path: Path) -> None:
    target = at_directory(tmp_path / "target")
    target.prepare(b"x")
    (tmp_path / "target" / MARKER).unlink()
    for use in (
        lambda: target.put("packs/one", b"1"),
        lambda: target.get("packs/one"),
        lambda: list(target.listed("packs")),
        lambda: target.delete("packs/one"),
    ):
        with pytest.raises(TargetUnavailable, match="attach the disk"):
            use()
    assert list((tmp_path / "target").iterdir()) == []


def test_what_was_cut_off_is_not_listed_and_swept(tmp_path: Path) -> None:
    target = at_directory(tmp_path / "target")
    target.prepare(b"x")
    target.put("packs/one", b"1")
    (tmp_path / "target/packs/cut.part").write_bytes(b"half")
    assert [kept.name for kept in target.listed("packs")] == ["packs/one"]
    assert target.sweep() == 4
    assert sorted(os.listdir(tmp_path / "target/packs")) == ["one"]  # noqa: PTH208


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "is full; free"), (errno.EDQUOT, "is full"), (errno.EROFS, "only be read"), (errno.EIO, "used: ")],
)
def test_what_the_disk_says_is_told_with_what_to_do(number: int, words: str) -> None:
    assert words in str(told(OSError(number, os.strerror(number)), "/mnt/usb"))


def test_a_disk_that_is_full_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = at_directory(tmp_path / "target", is_synced=True)
    target.prepare(b"x")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(TargetUnavailable, match="is full"):
            target.put("packs/one", b"1" * 100_000)
    assert list((tmp_path / "target/packs").iterdir()) == []
