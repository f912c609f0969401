"""`sitewarden repo add`: a roster, a catalogue, actions or another file becomes a target."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.commands.documents import read_file
from deploy.desk.commands.repository import add_folder_argument, tell, workshop
from remediation.trust.targets import ROSTER_PATH, actions_path, catalogue_path, read_actions, read_roster
from terminal import CommandRefused, Exit, Terminal
from wire.catalogue import read_catalogue
from wire.errors import TextRefused
from wire.sentence import sentence


class RepoAdd:
    """Checks what it knows to read before anybody signs it."""

    name = "repo add"
    summary = sentence("put a file into the repository, under the role that may sign its path")
    examples: Sequence[str] = (
        "sitewarden repo add vendor roster.yaml roster.yaml",
        "sitewarden repo add vendor his/catalogue.yaml catalogues/his.yaml",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_folder_argument(parser, terminal)
        words = sentence("roster.yaml, or PRODUCT/NAME")
        parser.add_argument("path", metavar="PATH", help=terminal.text(words))
        parser.add_argument("file", type=Path, metavar="FILE", help=terminal.text(sentence("the file to put there")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Check it and change the draft."""
        content = read_file(arguments.file)
        try:
            _check(arguments.path, content)
        except TextRefused as refused:
            for fault in refused.faults:
                place = {"path": arguments.file, "line": fault.line, "column": fault.column, "problem": fault.problem}
                terminal.warn(sentence("{path}:{line}:{column}: {problem}", **place))
            raise CommandRefused(
                sentence("{path} is not usable as {name}", path=arguments.file, name=arguments.path)
            ) from refused
        with workshop(arguments, terminal) as place_:
            place_.add(arguments.path, content)
            tell(place_, arguments, terminal)
        return Exit.DONE


def _check(path: str, content: bytes) -> None:
    """What hosts would refuse is refused here; so is a file of another product."""
    product = path.partition("/")[0]
    said = product
    if path == ROSTER_PATH:
        read_roster(content)
    elif path == actions_path(product):
        said = read_actions(content).product
    elif path == catalogue_path(product):
        said = read_catalogue(content)[0].product
    if said != product:
        raise CommandRefused(
            sentence("the file is of the product {name}, not of {product}", name=said, product=product)
        )


COMMAND = RepoAdd()
