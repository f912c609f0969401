"""What differs between two directories, and what a patch cannot say."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.desk.patches.comparing import Differences, compare
from deploy.desk.patches.specification import Selected
from remediation.patch.errors import PatchRefused
from tests.fakes.made_patch import NEW, OLD, sha256, write_tree


@pytest.fixture
def trees(tmp_path: Path) -> tuple[Path, Path]:
    return write_tree(tmp_path / "old", OLD), write_tree(tmp_path / "new", NEW)


def compared(trees: tuple[Path, Path], **selected: list[str]) -> Differences:
    return compare(*trees, Selected(**selected), lambda count: None)


def test_every_difference_in_the_order_of_paths(trees: tuple[Path, Path]) -> None:
    found = compared(trees)
    paths = [change.path for change in found.files]
    assert paths == ["bin/app", "etc/app.conf", "lib/gone.so", "share/deep/er/" + "n" * 110, "share/수납"]
    app, _, gone, fresh, empty = found.files
    assert (app.old, app.new, app.mode) == (sha256(OLD["bin/app"]), sha256(NEW["bin/app"]), 0o755)
    assert (app.size_bytes, gone.new, gone.size_bytes, fresh.old) == (54_000, "", 0, "")
    assert (empty.new, empty.mode) == (sha256(b""), 0o640)
    assert [change.path for change, _ in found.sources] == [path for path in paths if path != "lib/gone.so"]


def test_some_are_left_out(trees: tuple[Path, Path]) -> None:
    found = compared(trees, include=["bin/*", "etc/*", "share/*"], exclude=["*.conf", "share/deep/*"])
    assert [change.path for change in found.files] == ["bin/app", "share/수납"]


def test_equal_directories(trees: tuple[Path, Path]) -> None:
    assert compared((trees[0], trees[0])).files == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda new: (new / "share/same").chmod(0o600), "another mode"),
        (lambda new: (new / "bin/app").chmod(0o4755), "set-user"),
        (lambda new: (new / "bin/link").symlink_to("app"), "no regular file"),
        (lambda new: os.mkfifo(new / "bin/pipe"), "no regular file"),
        (lambda new: ((new / "bin/app").unlink(), (new / "bin/app").symlink_to("x")), "no regular file"),
    ],
)
def test_what_a_patch_cannot_say(trees: tuple[Path, Path], change: Callable[[Path], object], words: str) -> None:
    change(trees[1])
    with pytest.raises(PatchRefused, match=words):
        compared(trees)


def test_links_that_stay_as_they_are(trees: tuple[Path, Path]) -> None:
    for tree in trees:
        (tree / "bin/link").symlink_to("app")
    assert "bin/link" not in [change.path for change in compared(trees).files]
