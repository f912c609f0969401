from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.logs.folders import NotReadable, open_folder, opened_folder
from tests.fakes.persons import as_nobody

NOBODY = 65_534


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of root's that others may enter."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def inode(path: Path) -> int:
    with opened_folder(path) as folder:
        return os.fstat(folder).st_ino


def test_a_folder_is_opened_by_its_steps(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "a/b").mkdir(parents=True)
    expected = (place / "a/b").stat().st_ino
    assert inode(place / "a/b") == inode(place / "a/../a/b") == expected
    monkeypatch.chdir(place)
    assert inode(Path("a/b")) == expected
    assert inode(Path("/")) == Path("/").stat().st_ino


def test_a_link_of_roots_is_followed(place: Path) -> None:
    (place / "data/log").mkdir(parents=True)
    (place / "absolute").symlink_to(place / "data")
    (place / "relative").symlink_to("data/../absolute")
    expected = (place / "data/log").stat().st_ino
    assert inode(place / "absolute/log") == inode(place / "relative/log") == expected


@pytest.mark.root
@pytest.mark.parametrize("how", ["owner", "folder", "shared"])
def test_a_link_that_somebody_else_could_have_made_is_not_followed(place: Path, how: str) -> None:
    (place / "application").mkdir()
    (place / "application/log").symlink_to("/etc")
    if how == "owner":
        os.lchown(place / "application/log", NOBODY, NOBODY)
    elif how == "folder":
        os.chown(place / "application", NOBODY, NOBODY)
    else:
        (place / "application").chmod(0o1777)
    with pytest.raises(NotReadable, match="root did not make"):
        open_folder(place / "application/log")


def test_circles_files_and_nothing(place: Path) -> None:
    (place / "one").symlink_to("two")
    (place / "two").symlink_to("one")
    with pytest.raises(NotReadable, match="circle"):
        open_folder(place / "one/log")
    (place / "file").touch()
    with pytest.raises(NotReadable, match="is none"):
        open_folder(place / "file/log")
    with pytest.raises(FileNotFoundError):
        open_folder(place / "nothing/log")
    with pytest.raises(NotReadable):
        open_folder("a\0b")


def test_a_folder_that_may_not_be_entered(place: Path) -> None:
    (place / "closed").mkdir(mode=0o700)
    (place / "closed/log").mkdir()
    with as_nobody(), pytest.raises(NotReadable, match="permission"):
        open_folder(place / "closed/log")


def test_no_descriptor_is_left(place: Path) -> None:
    (place / "link").symlink_to("nowhere")
    before = len(list(Path("/proc/self/fd").iterdir()))
    inode(place)
    for path in (place / "link/log", place / "none"):
        with pytest.raises(FileNotFoundError):
            open_folder(path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
