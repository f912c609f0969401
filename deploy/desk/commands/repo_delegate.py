"""`sitewarden repo delegate`: whose keys speak for a product; what it does not name any more is revoked."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from deploy.desk.commands.keys import public_keys
from deploy.desk.commands.repository import add_folder_argument, add_key_argument, tell, workshop
from terminal import Exit, Terminal
from wire.sentence import sentence


class RepoDelegate:
    """Gives a product its keys, or other ones."""

    name = "repo delegate"
    summary = sentence("let exactly these keys speak for a product; keys that it had before are revoked")
    examples: Sequence[str] = (
        "sitewarden repo delegate vendor his --key his-a.key.pub --key his-b.key.pub --threshold 2",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_folder_argument(parser, terminal)
        words = sentence("the product, as its catalogue names it")
        parser.add_argument("product", metavar="PRODUCT", help=terminal.text(words))
        words = sentence("the public key of somebody in the product's team; once for each")
        add_key_argument(parser, terminal, words, name="--key")
        words = sentence("how many of them have to sign; 1 by default")
        parser.add_argument("--threshold", type=int, default=1, metavar="N", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Change the drafts of targets and of the product."""
        keys = public_keys(arguments.key)
        with workshop(arguments, terminal) as place:
            place.delegate(arguments.product, keys, arguments.threshold)
            tell(place, arguments, terminal)
        return Exit.DONE


COMMAND = RepoDelegate()
