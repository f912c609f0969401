from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from agent.owner import as_owner

NOBODY = 65_534


def _needs_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can act for another account; run as root")


def _rights() -> tuple[int, int, list[int]]:
    return os.geteuid(), os.getegid(), os.getgroups()


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder that every account may pass through, which pytest's own is not."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.mark.root
def test_root_writes_as_the_folders_owner_and_is_root_again(open_path: Path) -> None:
    _needs_root()
    folder, before = open_path / "state", _rights()
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    with as_owner(folder):
        assert _rights() == (NOBODY, NOBODY, [])
        (folder / "file").touch()
    assert _rights() == before
    assert (folder / "file").stat().st_uid == NOBODY


@pytest.mark.root
def test_a_link_leads_it_nowhere_that_the_owner_could_not_go(open_path: Path) -> None:
    _needs_root()
    folder, secret = open_path / "state", open_path / "secret"
    folder.mkdir()
    secret.mkdir(mode=0o700)
    os.chown(folder, NOBODY, NOBODY)
    (folder / "documents").symlink_to(secret)
    with pytest.raises(PermissionError), as_owner(folder):
        (folder / "documents/file").touch()
    assert os.geteuid() == 0
    (folder / "documents/file").touch()  # the control: root itself would have gone there


def test_with_no_folder_or_one_of_our_own_nothing_changes(tmp_path: Path) -> None:
    before = _rights()
    for folder in (tmp_path, tmp_path / "none"):
        with as_owner(folder):
            assert _rights() == before
