from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.lab.image import PACKAGES, SUITE, cache_folder, debian_root, made_once


def _fill(folder: Path) -> None:
    folder.mkdir()
    (folder / "file").write_text("made")


def test_it_is_made_once_for_a_recipe(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        _fill(folder)

    first = made_once(tmp_path / "cache", "root", "a", make)
    assert made_once(tmp_path / "cache", "root", "a", make) == first
    assert made_once(tmp_path / "cache", "root", "b", make) != first
    assert len(made) == 2
    assert (first / "file").read_text() == "made"


def test_what_fails_leaves_nothing_and_is_made_anew(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        folder.mkdir()
        (folder / "half").touch()
        raise OSError("no network")

    with pytest.raises(OSError, match="no network"):
        made_once(tmp_path, "root", "a", fail)
    assert [path.name for path in made_once(tmp_path, "root", "a", _fill).iterdir()] == ["file"]


def test_of_two_builders_one_makes_it_and_the_other_waits(tmp_path: Path) -> None:
    began, go_on, made = threading.Event(), threading.Event(), []

    def make(folder: Path) -> None:
        began.set()
        assert go_on.wait(10)
        made.append(folder)
        _fill(folder)

    found: list[Path] = []
    builders = [threading.Thread(target=lambda: found.append(made_once(tmp_path, "root", "a", make))) for _ in range(2)]
    builders[0].start()
    assert began.wait(10)
    builders[1].start()
    go_on.set()
    for builder in builders:
        builder.join(10)
    assert len(made) == 1
    assert len(set(found)) == 1 and len(found) == 2  # noqa: PT018  # both have the same


def test_the_cache_lies_where_the_system_wants_caches() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == Path("/c/sitewarden")
    assert cache_folder({"HOME": "/h"}) == Path("/h/.cache/sitewarden")


def test_the_root_has_the_packages_that_are_named(tmp_path: Path) -> None:
    ran: list[Sequence[str | Path]] = []

    def run(command: Sequence[str | Path]) -> None:
        ran.append(command)
        _fill(Path(command[-1]))

    root = debian_root(tmp_path, run)
    assert root == debian_root(tmp_path, run)
    (command,) = ran
    assert f"--include={','.join(PACKAGES)}" in command
    assert SUITE in command
    assert debian_root(tmp_path, run, "mariadb-server") not in {root, tmp_path}
    assert f"--include={','.join([*PACKAGES, 'mariadb-server'])}" in ran[-1]
