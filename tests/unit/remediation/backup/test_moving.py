"""The memory disk is another file system than that of the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from remediation.backup.moving import FRESH, move, move_folder

OTHER = Path("/dev/shm")


@pytest.fixture
def away(tmp_path: Path) -> Iterator[Path]:
    with TemporaryDirectory(dir=OTHER) as folder:
        if Path(folder).stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("the tests' folder lies on the memory disk: nothing is moved across file systems")
        yield Path(folder)


def test_a_file_from_another_file_system_is_as_it_was(away: Path, tmp_path: Path) -> None:
    source, to = away / "one", tmp_path / "one"
    with source.open("wb") as file:
        file.write(b"head")
        file.truncate(30 << 20)
        file.seek(20 << 20)
        file.write(b"tail")
    if os.geteuid() == 0:
        os.chown(source, 1234, 2345)
        os.setxattr(source, "trusted.note", b"kept")
    source.chmod(0o4751)
    os.utime(source, ns=(5, 123_456_789))
    before, content = source.stat(), source.read_bytes()
    to.write_text("old")
    to.with_name("one" + FRESH).write_text("of a run that broke off")
    move(source, to)
    after = to.stat()
    for name in ("st_mode", "st_uid", "st_gid", "st_mtime_ns"):
        assert getattr(before, name) == getattr(after, name), name
    assert to.read_bytes() == content
    assert after.st_blocks * 512 < 2 << 20, "holes stay holes"
    assert os.geteuid() or os.getxattr(to, "trusted.note") == b"kept"
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    assert not source.exists()


def test_links_and_pipes_too(away: Path, tmp_path: Path) -> None:
    (away / "link").symlink_to("nowhere")
    os.mkfifo(away / "pipe")
    for name in ("link", "pipe"):
        move(away / name, tmp_path / name)
    assert (tmp_path / "link").readlink() == Path("nowhere")
    assert (tmp_path / "pipe").is_fifo()


def test_a_folder_is_renamed_or_only_made(away: Path, tmp_path: Path) -> None:
    for folder in (away / "a", tmp_path / "b"):
        folder.mkdir()
        (folder / "file").touch()
    assert not move_folder(away / "a", tmp_path / "a")
    assert list((tmp_path / "a").iterdir()) == []
    assert move_folder(tmp_path / "b", tmp_path / "c")
    assert (tmp_path / "c/file").exists()
