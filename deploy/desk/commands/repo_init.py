"""`sitewarden repo init`: the first root and targets, waiting for their signatures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from deploy.desk.commands.keys import public_keys
from deploy.desk.commands.repository import add_folder_argument, add_key_argument, tell, workshop
from terminal import Exit, Terminal
from wire.sentence import sentence


class RepoInit:
    """Needs public keys only: no private key has to be near."""

    name = "repo init"
    summary = sentence("begin the vendor's repository: who may sign, and how many of them have to")
    examples: Sequence[str] = (
        "sitewarden repo init vendor --root-key a.pub --root-key b.pub --root-key c.pub --online-key online.pub",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_folder_argument(parser, terminal)
        words = sentence("the public key of a release manager, for root and targets; once for each")
        add_key_argument(parser, terminal, words, name="--root-key")
        words = sentence("how many of the root keys have to sign; 2 by default")
        parser.add_argument("--threshold", type=int, default=2, metavar="N", help=terminal.text(words))
        words = sentence("the public key that signs snapshot and timestamp, on a machine with a network")
        parser.add_argument("--online-key", required=True, metavar="PUB", help=terminal.text(words))
        words = sentence("the public key that vouches for a year, for sites without a network")
        parser.add_argument("--bundle-key", metavar="PUB", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Write the drafts and say whose signatures are missing."""
        keys = public_keys(arguments.root_key)
        (online,) = public_keys([arguments.online_key])
        bundle = public_keys([arguments.bundle_key])[0] if arguments.bundle_key else None
        with workshop(arguments, terminal) as place:
            place.start(keys, online, bundle, threshold=arguments.threshold)
            tell(place, arguments, terminal)
        return Exit.DONE


COMMAND = RepoInit()
