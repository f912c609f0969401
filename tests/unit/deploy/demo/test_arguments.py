"""What cannot work is said before anything starts."""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import pytest

from deploy.demo.arguments import add_arguments, check_arguments
from terminal import CommandRefused, Terminal

CATALOGUE = """\
product: app
version: "1"
modules:
  - code: APP
    name: {en: Application}
    errors:
      - code: APP-1
        level: 1
        title: {en: It broke}
        match: [{literal: broke}]
"""


def ask(*words: str, err: io.StringIO | None = None) -> object:
    terminal = Terminal(err=err or io.StringIO())
    parser = argparse.ArgumentParser()
    add_arguments(parser, terminal)
    return check_arguments(parser.parse_args(words), terminal)


def refused(*words: str) -> str:
    with pytest.raises(CommandRefused) as caught:
        ask(*words)
    assert caught.value.code == 2
    return str(caught.value.why)


@pytest.fixture
def catalogue(tmp_path: Path) -> str:
    path = tmp_path / "app.yaml"
    path.write_text(CATALOGUE)
    return str(path)


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "app.log"
    path.write_text("it broke\n")
    return str(path)


def test_nothing_at_all_is_the_demo_itself() -> None:
    assert ask() is None
    assert ask("--check", "--without", "burst") is None


def test_a_log_and_its_catalogue_are_followed_by_their_real_paths(tmp_path: Path, log: str, catalogue: str) -> None:
    link = tmp_path / "link.log"
    link.symlink_to(log)
    followed = ask("--log", str(link), "--catalogue", catalogue)
    assert getattr(followed, "log", None) == Path(log)


def test_a_broken_catalogue_is_told_with_line_and_column(tmp_path: Path, log: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(CATALOGUE.replace("level: 1", "level: 7"))
    assert refused("--log", log, "--catalogue", str(path)).startswith(f"{path}:8:16: ")


def test_every_fault_of_a_catalogue_is_told(tmp_path: Path, log: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        CATALOGUE.replace("literal: broke", "regex: '(?=x)'").replace("APP-1", "APP-1\n        clears_by: X")
    )
    err = io.StringIO()
    with pytest.raises(CommandRefused) as caught:
        ask("--log", log, "--catalogue", str(path), err=err)
    assert len([*err.getvalue().splitlines(), str(caught.value.why)]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--log", "x"], "belong together"),
        (["--prove"], "for --check"),
        (["--without", "burst"], "for --check"),
    ],
)
def test_words_that_do_not_go_together(words: list[str], said: str) -> None:
    assert said in refused(*words)


def test_a_log_that_cannot_be_followed(tmp_path: Path, catalogue: str, log: str) -> None:
    binary = tmp_path / "core"
    binary.write_bytes(b"\x7fELF\0\0\0")
    assert "No such file" in refused("--log", str(tmp_path / "none.log"), "--catalogue", catalogue)
    assert "not a file" in refused("--log", str(tmp_path), "--catalogue", catalogue)
    assert "not a text file" in refused("--log", str(binary), "--catalogue", catalogue)
    assert "without *" in refused("--log", str(tmp_path / "*.log"), "--catalogue", catalogue)
    assert "klingon" in refused("--log", log, "--catalogue", catalogue, "--encoding", "klingon")
    assert "takes no --log" in refused("--check", "--log", log, "--catalogue", catalogue)
