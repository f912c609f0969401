"""`sitewarden agent build`: the directory that goes to customers' servers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.agent.build import BuildRefused, build
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence

ROOT = Path(__file__).parents[2]


class AgentBuild:
    """Writes the directory from this source tree."""

    name = "agent build"
    summary = sentence("write the directory for customers' servers, out of this source tree")
    examples: Sequence[str] = ("sitewarden agent build build/agent",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("one JSON object")))
        words = sentence("the directory to write; it must be empty or not there yet")
        parser.add_argument("directory", type=Path, metavar="DIR", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Build it and say how many files it has."""
        target: Path = arguments.directory
        try:
            names = build(ROOT, target)
        except BuildRefused as refusal:
            raise CommandRefused(sentence("{reason}", reason=str(refusal)), Exit.FAILED) from refusal
        except OSError as error:
            words = sentence("{path} cannot be written: {reason}", path=target, reason=error.strerror or str(error))
            raise CommandRefused(words, Exit.FAILED) from error
        if arguments.json:
            terminal.json({"directory": str(target), "files": names})
        else:
            terminal.say(sentence("{path}: {count} files", path=target, count=len(names)))
        return Exit.DONE


COMMAND = AgentBuild()
