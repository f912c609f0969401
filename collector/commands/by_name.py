"""What a command does that takes the name of a recipient or webhook and nothing else."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from collector.commands.opening import opened
from collector.parts import Parts
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import Sentence, sentence


@dataclass(frozen=True)
class ByName:
    """A command; `act` does it and says what came of it, as JSON and in words."""

    name: str
    summary: Sentence
    examples: tuple[str, ...]
    whose: Sentence
    act: Callable[[Parts, str], tuple[dict[str, Any], Sentence]]

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("who", metavar="NAME", help=terminal.text(self.whose))
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and say so."""
        with opened(arguments, terminal) as parts:
            told, words = self.act(parts, arguments.who)
        if arguments.json:
            terminal.json(told)
        else:
            terminal.say(words)
        return Exit.DONE


def on_its_way(number: int) -> tuple[dict[str, Any], Sentence]:
    """What is said of a test message."""
    words = sentence("message {number} is on its way; `message show {number}` tells what came of it", number=number)
    return {"message": number}, words
