"""A command line as a list of commands, one file each."""

from __future__ import annotations

import argparse
import importlib
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Protocol

from terminal.output import Terminal, load_language
from wire.errors import TextRefused
from wire.sentence import Sentence, sentence

_EXAMPLES = sentence("examples")


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    DONE = 0
    FAILED = 1  # it was understood and could not be done
    BAD_INPUT = 2  # the words or a file that they name are wrong
    INTERRUPTED = 130


class CommandRefused(Exception):  # it says what happened, as all our errors do
    """A command cannot go on; the sentence says why and what to do."""

    def __init__(self, why: Sentence, code: Exit = Exit.BAD_INPUT) -> None:
        super().__init__(str(why))
        self.why = why
        self.code = code


class Command(Protocol):
    """One command: a module-level object in a file of its own.

    `name` may hold a space for commands in groups (`site add`). `summary` and `examples` are
    shown by --help; `run` returns an exit code or raises `CommandRefused`.
    """

    @property
    def name(self) -> str:
        """The words that choose it."""

    @property
    def summary(self) -> Sentence:
        """What it does, in one sentence."""

    @property
    def examples(self) -> Sequence[str]:
        """Whole command lines."""

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments; help texts through `terminal.text`."""

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""


@dataclass(frozen=True)
class Later:
    """A command whose file is imported when it is chosen, or when all are listed: a long run needs no other's code."""

    name: str
    module: str  # whose COMMAND it is

    def command(self) -> Command:
        """The command itself."""
        found: Command = importlib.import_module(self.module).COMMAND
        return found


def run(
    program: str,
    summary: Sentence,
    commands: Sequence[Command | Later],
    locale: Path,
    argv: Sequence[str] | None = None,
) -> int:
    """Parse, run, and turn refusals into one line on standard error and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without our letters is no reason to fail
    terminal = Terminal(load_language(locale))
    parser = _parser(program, summary, _needed(commands, sys.argv[1:] if argv is None else argv), terminal)
    arguments = parser.parse_args(argv)
    try:
        return _ran(arguments, terminal)
    except CommandRefused as refusal:
        terminal.warn(sentence("{program}: {why}", program=program, why=refusal.why))
        return refusal.code
    except TextRefused as refusal:
        for fault in refusal.faults:
            terminal.warn(sentence("{line}:{column}: {problem}", **vars(fault)) if fault.line else fault.problem)
        return Exit.BAD_INPUT
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe went away: nothing to say, and nobody to say it to
        return Exit.FAILED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def _needed(commands: Sequence[Command | Later], argv: Sequence[str]) -> list[Command]:
    """The command that the first words name; all of them where they name none, as --help does."""
    chosen = [each for each in commands if list(argv[: len(words := each.name.split(" "))]) == words]
    return [each.command() if isinstance(each, Later) else each for each in chosen or commands]


def _ran(arguments: argparse.Namespace, terminal: Terminal) -> int:
    try:
        return int(arguments.command.run(arguments, terminal))
    except EOFError as error:
        raise CommandRefused(sentence("there is nobody to ask: standard input has ended")) from error


def _parser(
    program: str, summary: Sentence, commands: Sequence[Command], terminal: Terminal
) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description=terminal.text(summary), allow_abbrev=False)
    groups = {"": parser.add_subparsers(required=True, metavar="COMMAND")}
    for command in commands:
        group, _, word = command.name.rpartition(" ")
        words = terminal.text(command.summary)
        examples = [f"{terminal.text(_EXAMPLES)}:", *(f"  {line}" for line in command.examples)]
        child = _group(group, groups, commands).add_parser(
            word,
            help=words.replace("%", "%%"),  # argparse formats help texts
            description=words,
            epilog="\n".join(examples) if command.examples else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.add_arguments(child, terminal)
        child.set_defaults(command=command)
    return parser


def _group(
    name: str, groups: dict[str, argparse._SubParsersAction[argparse.ArgumentParser]], commands: Sequence[Command]
) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    """The group of that name, made with the groups around it where it is new; --help lists the words that it holds."""
    if name not in groups:
        around, _, word = name.rpartition(" ")
        inside = [each.name.removeprefix(f"{name} ") for each in commands if each.name.startswith(f"{name} ")]
        words = ", ".join(dict.fromkeys(each.split(" ")[0] for each in inside))
        sub = _group(around, groups, commands).add_parser(word, help=words, allow_abbrev=False)
        groups[name] = sub.add_subparsers(required=True, metavar="COMMAND")
    return groups[name]
