"""A command line from a list of commands: what it accepts, how it refuses, which code it ends with."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from terminal import Command, CommandRefused, Exit, Later, Terminal, run
from wire.errors import Fault, TextRefused
from wire.sentence import Sentence, sentence


class Act:
    """A command that does what it is told."""

    def __init__(self, name: str, act: Callable[[argparse.Namespace, Terminal], int], summary: Sentence) -> None:
        self.name = name
        self.summary = summary
        self.examples: Sequence[str] = (f"prog {name} --word x",)
        self._act = act

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        parser.add_argument("--word", default="none", help=terminal.text(sentence("a word")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        return self._act(arguments, terminal)


def _run(
    argv: list[str],
    act: Callable[[argparse.Namespace, Terminal], int] = lambda _, __: 0,
    locale: Path = Path("/nonexistent"),
) -> int:
    def say(arguments: argparse.Namespace, terminal: Terminal) -> int:
        terminal.say(sentence("{word} said", word=arguments.word))
        return Exit.DONE

    commands: list[Command] = [
        Act("act", act, sentence("Do it, 100% surely.")),
        Act("site add", say, sentence("Add a site.")),
        Act("site list", say, sentence("List sites.")),
        Act("site token new", say, sentence("Make a token.")),
    ]
    return run("prog", sentence("A program."), commands, locale, argv)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def test_a_command_runs_and_gives_its_code() -> None:
    assert _run(["act"], lambda _, __: Exit.FAILED) == 1


def test_commands_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["site", "add", "--word", "hello"]) == 0
    assert _run(["site", "token", "new", "--word", "hello"]) == 0
    assert capsys.readouterr().out == "hello said\n" * 2


@pytest.mark.parametrize("argv", [[], ["none"], ["site"], ["act", "--no"], ["site", "add", "--wor", "x"], ["act", "x"]])
def test_wrong_words_end_with_two(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        _run(argv)
    assert ended.value.code == Exit.BAD_INPUT
    assert "usage: prog" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["--help"], ["act", "--help"], ["site", "--help"], ["site", "add", "--help"]])
def test_help_is_no_error(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        _run(argv)
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: prog")


def test_help_shows_summary_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        _run(["act", "--help"])
    shown = capsys.readouterr().out
    assert "Do it, 100% surely." in shown
    assert "examples:\n  prog act --word x" in shown


def _refuse(code: Exit) -> Callable[[argparse.Namespace, Terminal], int]:
    def act(arguments: argparse.Namespace, terminal: Terminal) -> int:
        raise CommandRefused(sentence("no {what}", what=sentence("disk")), code)

    return act


@pytest.mark.parametrize("code", [Exit.BAD_INPUT, Exit.FAILED])
def test_a_refusal_is_one_line_and_a_code(code: Exit, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["act"], _refuse(code)) == code
    assert capsys.readouterr().err == "prog: no disk\n"


def test_a_refused_file_names_every_place(capsys: pytest.CaptureFixture[str]) -> None:
    def act(arguments: argparse.Namespace, terminal: Terminal) -> int:
        raise TextRefused(
            [Fault(3, 7, sentence("one")), Fault(4, 1, sentence("two \x1b[2J")), Fault(0, 0, sentence("all"))]
        )

    assert _run(["act"], act) == Exit.BAD_INPUT
    assert capsys.readouterr().err == "3:7: one\n4:1: two \\x1b[2J\nall\n"


def test_an_interrupt_is_130() -> None:
    def act(arguments: argparse.Namespace, terminal: Terminal) -> int:
        raise KeyboardInterrupt

    assert _run(["act"], act) == Exit.INTERRUPTED


def test_a_question_that_nobody_can_answer_is_told_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def act(arguments: argparse.Namespace, terminal: Terminal) -> int:
        raise EOFError

    assert _run(["act"], act) == Exit.BAD_INPUT
    assert capsys.readouterr().err == "prog: there is nobody to ask: standard input has ended\n"


def test_the_readers_language_reaches_refusals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "ko/LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = Catalog(locale="ko")
    catalogue.add("no {what}", "{what} 없음")
    catalogue.add("disk", "디스크")
    with (folder / "sitewarden.mo").open("wb") as out:
        write_mo(out, catalogue)
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    _run(["act"], _refuse(Exit.FAILED), tmp_path)
    assert capsys.readouterr().err == "prog: 디스크 없음\n"


def test_a_terminal_without_our_letters_is_no_reason_to_fail(repository: Path) -> None:
    program = """
import sys
from pathlib import Path
from terminal import CommandRefused, run
from wire.sentence import sentence
class Act:
    name, summary, examples = "act", sentence("Act."), ()
    def add_arguments(self, parser, terminal): pass
    def run(self, arguments, terminal):
        terminal.say(sentence("병원"))
        raise CommandRefused(sentence("疾病"))
sys.exit(run("prog", sentence("A program."), [Act()], Path("none"), ["act"]))
"""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, cwd=repository, env=environment, capture_output=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, b"\\ubcd1\\uc6d0\n", b"prog: \\u75be\\u75c5\n")


def test_a_defect_is_not_hidden() -> None:
    def act(arguments: argparse.Namespace, terminal: Terminal) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _run(["act"], act)


def test_only_the_chosen_command_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = (
        "from terminal import Exit\nfrom wire.sentence import sentence\n"
        "class One:\n"
        "    name, summary, examples = {name!r}, sentence('Do {name}.'), ()\n"
        "    def add_arguments(self, parser, terminal): ...\n"
        "    def run(self, arguments, terminal): return Exit.DONE\n"
        "COMMAND = One()\n"
    )
    (tmp_path / "later_first.py").write_text(source.format(name="first"))
    (tmp_path / "later_second.py").write_text(source.format(name="second"))
    monkeypatch.syspath_prepend(str(tmp_path))
    commands = [Later("first", "later_first"), Later("second", "later_second")]

    def called(*argv: str) -> int:
        return run("prog", sentence("A program."), commands, tmp_path, argv)

    assert called("first") == Exit.DONE
    assert "later_second" not in sys.modules
    with pytest.raises(SystemExit):
        called("--help")
    listed = capsys.readouterr().out
    assert "Do first." in listed
    assert "Do second." in listed
