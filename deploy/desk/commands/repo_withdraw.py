"""`sitewarden repo withdraw`: nobody speaks for a product any more."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from deploy.desk.commands.repository import add_folder_argument, tell, workshop
from terminal import Exit, Terminal
from wire.sentence import sentence


class RepoWithdraw:
    """Takes the delegation away; hosts then find nothing of the product."""

    name = "repo withdraw"
    summary = sentence("let nobody speak for a product any more")
    examples: Sequence[str] = ("sitewarden repo withdraw vendor his",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_folder_argument(parser, terminal)
        parser.add_argument("product", metavar="PRODUCT", help=terminal.text(sentence("the product")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Change the draft of targets."""
        with workshop(arguments, terminal) as place:
            place.withdraw(arguments.product)
            tell(place, arguments, terminal)
        return Exit.DONE


COMMAND = RepoWithdraw()
