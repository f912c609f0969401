"""`sitewarden repo bundle`: vouch for what is published for a year, for sites without a network."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.commands.keys import add_passphrase_argument, opened_key
from deploy.desk.commands.repository import add_folder_argument, workshop
from terminal import Exit, Terminal
from wire.sentence import sentence


class RepoBundle:
    """A host takes it only where its local settings say so."""

    name = "repo bundle"
    summary = sentence("let the bundle key vouch for the published set for a year, for sites without a network")
    examples: Sequence[str] = ("sitewarden repo bundle vendor /media/stick --key bundle.key",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_folder_argument(parser, terminal)
        add_passphrase_argument(parser, terminal)
        words = sentence("the key file of the bundle role")
        parser.add_argument("--key", type=Path, required=True, metavar="FILE", help=terminal.text(words))
        words = sentence("a folder that `repo publish` wrote")
        parser.add_argument("out", type=Path, metavar="OUT", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Sign it and put it beside the published metadata."""
        with workshop(arguments, terminal) as place:
            place.bundle(arguments.out, opened_key(arguments.key, arguments, terminal))
        if arguments.json:
            terminal.json({"out": str(arguments.out)})
        else:
            terminal.say(sentence("{path}: good for a year without a fresh timestamp", path=arguments.out))
        return Exit.DONE


COMMAND = RepoBundle()
