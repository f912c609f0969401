"""A file is old or new, never a part, and never somebody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediation.durable import write_durably, write_once


def test_it_replaces_whole_files_with_their_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_durably(path, b"old")
    assert path.stat().st_mode & 0o777 == 0o600
    (tmp_path / "file.new").write_bytes(b"left over from a crash")
    write_durably(path, b"new", mode=0o644)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o644)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_durably(path, b"old")

    def fail(_: int) -> None:
        raise OSError(5, "the disk is gone")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="gone"):
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"


def test_once_is_once_and_no_link_is_followed(tmp_path: Path) -> None:
    write_once(tmp_path / "file", b"mine")
    with pytest.raises(FileExistsError):
        write_once(tmp_path / "file", b"yours")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r".*"):
        write_once(tmp_path / "link", b"x")
    assert not (tmp_path / "elsewhere").exists()
