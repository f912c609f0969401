"""`sitewarden repo rotate`: other keys for root, targets, or for what is signed online."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from deploy.desk.commands.keys import public_keys
from deploy.desk.commands.repository import add_folder_argument, add_key_argument, tell, workshop
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class RepoRotate:
    """The next root; it needs the signatures of the old keys and of the new ones."""

    name = "repo rotate"
    summary = sentence("change the root keys or the online key: a draft of the next root, for old and new keys to sign")
    examples: Sequence[str] = (
        "sitewarden repo rotate vendor --remove a.key.pub --add d.key.pub",
        "sitewarden repo rotate vendor --online-key online2.key.pub",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_folder_argument(parser, terminal)
        add_key_argument(parser, terminal, sentence("a public key that joins root and targets"), name="--add")
        add_key_argument(parser, terminal, sentence("a public key that leaves them"), name="--remove")
        words = sentence("the public key that signs snapshot and timestamp from now on")
        parser.add_argument("--online-key", metavar="PUB", help=terminal.text(words))
        words = sentence("how many of the root keys have to sign from now on")
        parser.add_argument("--threshold", type=int, metavar="N", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Make the draft and say whose signatures it needs."""
        if not (arguments.add or arguments.remove or arguments.online_key or arguments.threshold):
            raise CommandRefused(sentence("say what changes: --add, --remove, --online-key or --threshold"))
        add, remove = public_keys(arguments.add), public_keys(arguments.remove)
        online = public_keys([arguments.online_key])[0] if arguments.online_key else None
        with workshop(arguments, terminal) as place:
            place.rotate(add=add, remove=remove, online=online, threshold=arguments.threshold)
            tell(place, arguments, terminal)
        return Exit.DONE


COMMAND = RepoRotate()
