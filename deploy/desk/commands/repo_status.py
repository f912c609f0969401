"""`sitewarden repo status`: what is a draft, what is in force, whose signature is missing."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from deploy.desk.commands.repository import add_folder_argument, tell, workshop
from terminal import Exit, Terminal
from wire.sentence import sentence


class RepoStatus:
    """Looks, and changes nothing."""

    name = "repo status"
    summary = sentence("show the roles of the repository: versions, lives, signatures, what is missing")
    examples: Sequence[str] = ("sitewarden repo status vendor", "sitewarden repo status vendor --json")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_folder_argument(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when everything is signed, 1 when something is missing."""
        with workshop(arguments, terminal) as place:
            return Exit.DONE if tell(place, arguments, terminal) else Exit.FAILED


COMMAND = RepoStatus()
