from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.logs.siblings import is_rotation_of, list_rotations, list_siblings

NAMES = [
    ("app.log.1", True),
    ("app.log.12", True),
    ("app.log-20261124", True),
    ("app.log-20261124-10:00", True),
    ("app.log.2026-11-24_10", True),
    ("app.log.2026-11-24T10", True),
    ("app.log.old", True),
    ("app.log~", True),
    ("app.1.log", True),
    ("app-2026-11-24.log", True),
    ("app.log", False),
    ("app.log.1.gz", False),
    ("app.log.pos", False),
    ("app.log.1.swp", False),
    ("apple.log.1", False),
    ("application-1.log", False),
    ("app.lo", False),
    ("app", False),
]


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_names_that_rotation_gives(name: str, *, expected: bool) -> None:
    assert is_rotation_of(f"/log/{name}", "/log/app.log") is expected


def test_a_log_without_extension() -> None:
    assert is_rotation_of("/log/syslog.1", "/log/syslog")
    assert not is_rotation_of("/log/syslogger", "/log/syslog")


def test_only_regular_files_are_siblings(tmp_path: Path) -> None:
    for at, name in enumerate(("app.log", "app.log.1", "app.log.2")):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, ns=(0, 10**18 - at))
    (tmp_path / "app.log.3").mkdir()
    (tmp_path / "app.log.4").symlink_to("app.log")
    os.mkfifo(tmp_path / "app.log.5")
    assert {Path(file.path).name for file in list_siblings(tmp_path, lambda _: True)} == {
        "app.log",
        "app.log.1",
        "app.log.2",
    }
    rotated = list_rotations(str(tmp_path / "app.log"))
    assert [Path(file.path).name for file in rotated] == ["app.log.2", "app.log.1"]
    assert [(file.size, file.identity) for file in rotated] == [
        (9, (status.st_dev, status.st_ino)) for status in ((tmp_path / f"app.log.{n}").stat() for n in (2, 1))
    ]


def test_a_directory_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    assert list_siblings(tmp_path / "none", lambda _: True) == []
