"""`sitewarden agent build` calls the build and says what it wrote."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path

import pytest

from deploy.desk.agent_build import COMMAND
from terminal import CommandRefused, Exit, Terminal


def test_it_writes_the_directory_and_names_its_files(tmp_path: Path) -> None:
    out = io.StringIO()
    target = tmp_path / "agent"
    assert COMMAND.run(argparse.Namespace(directory=target, json=True), Terminal(out=out)) == Exit.DONE
    told = json.loads(out.getvalue())
    assert told["files"] == [*sorted(told["files"][:-1]), "MANIFEST.sha256"]
    assert all((target / name).is_file() for name in told["files"])


def test_a_directory_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(CommandRefused, match="not empty"):
        COMMAND.run(argparse.Namespace(directory=tmp_path, json=False), Terminal())
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
