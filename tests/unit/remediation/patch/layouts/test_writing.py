"""New files: never over another one, whole, with mode and owner."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from remediation.patch.errors import StepFailed
from remediation.patch.layouts.writing import changes_of, check_written, failing_as_step, owner_of, write_new
from remediation.patch.manifest import FileChange
from tests.fakes.made_patch import sha256

CHANGE = FileChange(path="bin/app", new=sha256(b"app 2"), mode=0o750, size_bytes=5)
ME = (os.getuid(), os.getgid())


def test_mode_whatever_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_new(tmp_path / "app", [b"app", b" 2"], CHANGE, ME)
    finally:
        os.umask(before)
    assert (tmp_path / "app").stat().st_mode & 0o7777 == 0o750
    check_written(tmp_path / "app", CHANGE)


def test_another_content_is_found(tmp_path: Path) -> None:
    (tmp_path / "app").write_bytes(b"app 3")
    with pytest.raises(StepFailed, match="bin/app was not written"):
        check_written(tmp_path / "app", CHANGE)


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"kept")
    (tmp_path / "link").symlink_to("kept")
    for name in ("kept", "link"):
        with pytest.raises(FileExistsError):
            write_new(tmp_path / name, [b"x"], CHANGE, ME)
    assert (tmp_path / "kept").read_bytes() == b"kept"


def test_owners(tmp_path: Path) -> None:
    (tmp_path / "old").touch()
    if os.getuid() == 0:
        os.chown(tmp_path / "old", 12, 34)
        assert owner_of(tmp_path / "old", tmp_path) == (12, 34)
    assert owner_of(tmp_path / "new", tmp_path) == (tmp_path.stat().st_uid, tmp_path.stat().st_gid)


def test_only_new_contents_are_written() -> None:
    gone = FileChange(path="gone", old=sha256(b""))
    assert changes_of([CHANGE, gone]) == {"bin/app": CHANGE}


def test_what_the_system_says_is_a_failed_step(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match=r"nowhere.*No such file"), failing_as_step():
        (tmp_path / "nowhere").read_bytes()
