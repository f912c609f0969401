"""`sitewarden repo publish`: the whole set, signed and fresh, or nothing."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.commands.keys import add_passphrase_argument, opened_key
from deploy.desk.commands.repository import add_folder_argument, workshop
from terminal import Exit, Terminal
from wire.sentence import sentence


class RepoPublish:
    """Also done with nothing new: it makes a fresh timestamp."""

    name = "repo publish"
    summary = sentence(
        "write the repository for collectors and sticks; refuses what is not fully signed or has expired"
    )
    examples: Sequence[str] = ("sitewarden repo publish vendor published --online-key online.key",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_folder_argument(parser, terminal)
        add_passphrase_argument(parser, terminal)
        words = sentence("the key file for snapshot and timestamp")
        parser.add_argument("--online-key", type=Path, required=True, metavar="FILE", help=terminal.text(words))
        words = sentence("the folder to write; publishing again into it adds to it")
        parser.add_argument("out", type=Path, metavar="OUT", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Publish."""
        with workshop(arguments, terminal) as place:
            version = place.publish(arguments.out, opened_key(arguments.online_key, arguments, terminal))
        if arguments.json:
            terminal.json({"out": str(arguments.out), "timestamp": version})
        else:
            terminal.say(
                sentence("{path}: published, timestamp version {version}", path=arguments.out, version=version)
            )
        return Exit.DONE


COMMAND = RepoPublish()
