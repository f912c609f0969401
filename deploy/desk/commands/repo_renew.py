"""`sitewarden repo renew`: the next version of a role, with a new life and nothing else changed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from deploy.desk.commands.repository import add_folder_argument, tell, workshop
from terminal import Exit, Terminal
from wire.sentence import sentence


class RepoRenew:
    """What is renewed has to be signed again."""

    name = "repo renew"
    summary = sentence("give a role a new life: a draft of its next version, to be signed again")
    examples: Sequence[str] = ("sitewarden repo renew vendor root", "sitewarden repo renew vendor product-his")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_folder_argument(parser, terminal)
        words = sentence("the role, as `repo status` names it")
        parser.add_argument("role", metavar="ROLE", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Make the draft."""
        with workshop(arguments, terminal) as place:
            place.renew(arguments.role)
            tell(place, arguments, terminal)
        return Exit.DONE


COMMAND = RepoRenew()
