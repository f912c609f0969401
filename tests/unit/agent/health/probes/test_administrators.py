from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from agent.health.probe import Remember
from agent.health.probes.administrators import Administrators
from tests.builders import NOW
from tests.fakes.probes import Bare

PASSWD = "root:x:0:0:root:/root:/bin/bash\nkim:x:1000:1000::/home/kim:/bin/bash\n# a comment\nbroken\n"
GROUP = "root:x:0:\nsudo:x:27:kim\nkim:x:1000:\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "passwd").write_text(PASSWD)
    (tmp_path / "group").write_text(GROUP)
    return tmp_path


def look(folder: Path, context: Bare, now: datetime = NOW) -> list[str]:
    told = []
    for found in Administrators(86_400, context.recall, folder=folder).read(now):
        if isinstance(found, Remember):
            context.memories["administrators"] = found.text
        else:
            told.append(found.text)
    return told


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("passwd", PASSWD + "toor:x:0:0::/:/bin/sh\n", ["toor (user id 0) is new"]),
        ("group", GROUP.replace("kim\nkim", "kim,lee\nkim"), ["lee (group sudo) is new"]),
        ("group", GROUP.replace("27:kim", "27:"), ["kim (group sudo) is gone"]),
        ("passwd", PASSWD + "choi:x:1001:27::/:/bin/sh\n", ["choi (group sudo) is new"]),
        ("passwd", PASSWD + "plain:x:1002:1002::/:/bin/sh\n", []),
    ],
)
def test_who_came_and_who_went(folder: Path, name: str, text: str, told: list[str]) -> None:
    context = Bare()
    assert look(folder, context) == []
    (folder / name).write_text(text)
    assert look(folder, context) == told
    (folder / name).write_text({"passwd": PASSWD, "group": GROUP}[name])
    assert look(folder, context) == []


def test_the_rules_of_sudo_by_size_and_time(folder: Path) -> None:
    context = Bare()
    (folder / "sudoers.d").mkdir()
    rules = folder / "sudoers.d/vendor"
    rules.write_text("kim ALL=(ALL) ALL\n")
    assert look(folder, context) == []
    os.utime(rules, (1, 1))
    assert len(look(folder, context)) == 2  # the old state is gone, a new one is there
    assert all("rules of sudo in" in text for text in look(folder, context))


def test_this_host_has_a_root() -> None:
    context = Bare()
    look(Path("/etc"), context)
    assert "root (user id 0)" in context.memories["administrators"]
