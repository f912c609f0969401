from __future__ import annotations

import os
from pathlib import Path

import pytest

from remediation.backup.engines.archive.format import sort_key
from remediation.backup.engines.archive.walking import walked
from remediation.backup.model import SaveOrder, Unread
from tests.fakes.backup_engines import AT


def paths(root: Path, *roots: str, exclude: tuple[str, ...] = ()) -> tuple[list[str], list[Unread]]:
    unread: list[Unread] = []
    order = SaveOrder("h", tuple(root / one for one in roots), {}, AT, exclude=exclude)
    found = [found.path for found in walked(order, unread.append)]
    assert found == sorted(set(found), key=sort_key)
    top = os.fsencode(root) + b"/"
    return [os.fsdecode(path.removeprefix(top)) for path in found if path.startswith(top)], unread


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ["b/one", "b/sub/two", "b-c/three", "a/x", "top"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_a_folder_comes_before_what_is_in_it(root: Path) -> None:
    assert paths(root, "b", "b-c")[0] == ["b", "b/one", "b/sub", "b/sub/two", "b-c", "b-c/three"]


def test_roots_in_roots_count_once_and_parents_are_there(root: Path) -> None:
    assert paths(root, "b/sub", "b", "b/one")[0] == ["b", "b/one", "b/sub", "b/sub/two"]
    assert paths(root, "b/sub", "a/x")[0] == ["a", "a/x", "b", "b/sub", "b/sub/two"]
    assert paths(root, "top")[0] == ["top"]


def test_what_is_excluded_is_not_entered(root: Path) -> None:
    assert paths(root, "b", exclude=("*/sub",))[0] == ["b", "b/one"]


def test_what_is_absent_is_told(root: Path) -> None:
    found, unread = paths(root, "absent/deep", "a")
    assert found == ["a", "a/x"]
    assert [one.path for one in unread] == [str(root / "absent/deep")]


def test_links_are_not_followed(root: Path) -> None:
    (root / "a/link").symlink_to(root / "b")
    assert paths(root, "a")[0] == ["a", "a/link", "a/x"]


def test_a_deep_tree(root: Path) -> None:
    deep = root / "/".join(["d"] * 400)
    deep.mkdir(parents=True)
    assert len(paths(root, "d")[0]) == 400
