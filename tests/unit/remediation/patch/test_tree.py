"""Digests that see every difference that counts; trees of links; removing and flushing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from remediation.patch.tree import entries, file_digest, flush_tree, link_tree, remove_tree, tree_digest
from tests.fakes.made_patch import sha256


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "a/b").mkdir(parents=True)
    (root / "a/b/file").write_bytes(b"content")
    (root / "a/link").symlink_to("b/file")
    (root / "수납").write_bytes(b"")
    (root / os.fsdecode(b"\xff\xfe")).write_bytes(b"no text")
    return root


def test_a_file_and_no_link(tree: Path) -> None:
    assert file_digest(tree / "a/b/file") == sha256(b"content")
    for path in (tree / "a/link", tree / "a", tree / "nowhere"):
        with pytest.raises(OSError, match=r"."):
            file_digest(path)


def test_entries_are_in_the_order_of_bytes(tree: Path) -> None:
    found = [path for path, _ in entries(tree)]
    assert found == ["a", "a/b", "a/b/file", "a/link", "수납", os.fsdecode(b"\xff\xfe")]


def pipe_instead(root: Path) -> None:
    (root / "수납").unlink()
    os.mkfifo(root / "수납")


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "a/b/file").write_bytes(b"Content"),
        lambda root: (root / "a/b/file").chmod(0o600),
        lambda root: (root / "a/b/file").rename(root / "a/b/File"),
        lambda root: (root / "new").mkdir(),
        lambda root: (root / "수납").unlink(),
        lambda root: (root / "a").chmod(0o700),
        lambda root: ((root / "a/link").unlink(), (root / "a/link").symlink_to("b")),
        lambda root: ((root / "a/link").unlink(), (root / "a/link").write_bytes(b"b/file")),
        pipe_instead,
    ],
)
def test_every_difference_counts(tree: Path, change: Callable[[Path], object]) -> None:
    before = tree_digest(tree)
    change(tree)
    assert tree_digest(tree) != before


def test_times_do_not_count(tree: Path) -> None:
    before = tree_digest(tree)
    os.utime(tree / "a/b/file", (1, 1))
    assert tree_digest(tree) == before


def test_a_tree_of_links_is_the_same_tree(tree: Path, tmp_path: Path) -> None:
    (tree / "a").chmod(0o750)
    link_tree(tree, tmp_path / "copy")
    assert tree_digest(tmp_path / "copy") == tree_digest(tree)
    assert (tmp_path / "copy/a/b/file").samefile(tree / "a/b/file")
    with pytest.raises(FileExistsError):
        link_tree(tree, tmp_path / "copy")


def test_removing_leaves_what_links_point_to(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/kept").write_bytes(b"")
    (tree / "a/out").symlink_to(tmp_path / "outside")
    flush_tree(tree)
    remove_tree(tree)
    remove_tree(tree)
    assert not tree.exists()
    assert (tmp_path / "outside/kept").exists()
