"""The YAML of a patch: what a person may write, and where it is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.desk.patches.specification import read_specification
from remediation.patch.manifest import Layout, Undoing
from terminal import CommandRefused
from tests.fakes.made_patch import SPECIFICATION
from wire.errors import TextRefused


def written(folder: Path, text: str) -> Path:
    (folder / "spec.yaml").write_text(text)
    return folder / "spec.yaml"


def test_what_stands_in_it(tmp_path: Path) -> None:
    found = read_specification(written(tmp_path, SPECIFICATION))
    assert (found.id, found.layout, found.files.include) == ("his-2.0", Layout.RELEASES, ["*"])
    assert found.made_at == datetime(2026, 11, 22, tzinfo=UTC)
    assert (found.database[0].undoing, found.database[0].forward) == (Undoing.BACKWARD, ["add.sql"])
    assert found.services[0].ports == [8080]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("id: his-2.0", "id: HIS", 1),
        ("made_at: 2026-11-22T00:00:00Z", "made_at: 2026-11-22T00:00:00", 5),
        ("layout: releases", "layout: folders", 8),
        ("root: /opt/his", "root: opt/his", 9),
        ("undoing: backward", "undoing: somehow", 11),
        ("fixes:", "fixed:", 17),
    ],
)
def test_what_is_wrong_has_a_place(tmp_path: Path, old: str, new: str, line: int) -> None:
    assert old in SPECIFICATION
    with pytest.raises(TextRefused) as refused:
        read_specification(written(tmp_path, SPECIFICATION.replace(old, new)))
    assert refused.value.faults[0].line == line


def test_a_file_that_is_none(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CommandRefused, match="cannot be read"):
            read_specification(path)
