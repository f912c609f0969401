from __future__ import annotations

from pathlib import Path

import pytest

from agent.logs.paths import FILES_MAX, covers, find_files


def test_one_path(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    assert str(find_files(str(log)).problems[str(log)]) == "it does not exist"
    log.touch()
    found = find_files(str(log))
    assert list(found.files.values()) == [str(log)]
    assert found.problems == {}


def test_a_pattern(tmp_path: Path) -> None:
    for name in ("b.log", "a.log", "c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "d.log").mkdir()
    found = find_files(str(tmp_path / "*.log"))
    assert [Path(path).name for path in found.files.values()] == ["a.log", "b.log"]
    assert [Path(path).name for path in found.problems] == ["d.log"]


def test_a_file_with_two_names_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch()
    (tmp_path / "b.log").hardlink_to(tmp_path / "a.log")
    assert list(find_files(str(tmp_path / "*.log")).files.values()) == [str(tmp_path / "a.log")]


def test_too_many_files_are_said_to_be_too_many(tmp_path: Path) -> None:
    for number in range(FILES_MAX + 1):
        (tmp_path / f"{number}.log").touch()
    found = find_files(str(tmp_path / "*.log"))
    assert len(found.files) == FILES_MAX
    assert "only the first" in str(found.problems[str(tmp_path / "*.log")])


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/log/app.log", "/log/app.log", True),
        ("/log/app.log", "/log/app.log.1", False),
        ("/log/*.log", "/log/app.log", True),
        ("/log/*.log", "/log/sub/app.log", False),
        ("/log/app?.log", "/log/app12.log", False),
    ],
)
def test_which_paths_a_source_names(pattern: str, path: str, *, expected: bool) -> None:
    assert covers(pattern, path) is expected
