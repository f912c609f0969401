"""`sitewarden demo` takes what `python -m deploy.demo` takes, and refuses what cannot work before anything starts."""

from __future__ import annotations

import argparse
import io

import pytest

from deploy.demo.arguments import add_arguments
from deploy.desk.demo import COMMAND
from terminal import CommandRefused, Terminal


def options(parser: argparse.ArgumentParser) -> set[str]:
    return {word for action in parser._actions for word in action.option_strings}


def test_both_doors_take_the_same_words() -> None:
    here, there = argparse.ArgumentParser(), argparse.ArgumentParser()
    COMMAND.add_arguments(here, Terminal())
    add_arguments(there, Terminal())
    assert options(here) == options(there) >= {"--check", "--prove", "--log", "--catalogue"}


def test_words_that_cannot_work_start_nothing() -> None:
    parser = argparse.ArgumentParser()
    COMMAND.add_arguments(parser, Terminal())
    out = io.StringIO()
    with pytest.raises(CommandRefused, match="belong together"):
        COMMAND.run(parser.parse_args(["--log", "app.log"]), Terminal(out=out))
    assert out.getvalue() == ""
