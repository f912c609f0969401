"""`sitewarden-collector patch list`: patches, and where they would help."""

from __future__ import annotations

import argparse

from collector.commands.desk_words import add_desk_arguments
from collector.commands.opening import opened
from collector.patches.applicability import Applicability
from collector.patches.board import Board
from collector.patches.view import line_view
from terminal import Exit, Terminal
from wire.sentence import sentence


class PatchList:
    """List patches."""

    name = "patch list"
    summary = sentence("list the vendor's patches with the sites and open tickets that they would help")
    examples = ("sitewarden-collector patch list", "sitewarden-collector patch list --json")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_desk_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""
        with opened(arguments, terminal) as parts, parts.store.reading() as connection:
            lines = Board().lines(connection, parts.now())
        if arguments.json:
            terminal.json({"patches": [line_view(line) for line in lines]})
            return Exit.DONE
        table = [
            [
                line.patch.id,
                line.patch.module,
                line.patch.manifest.to_version,
                str(len(line.tally.sites)),
                str(len(line.tally.ready_sites)),
                str(line.tally.count(Applicability.INSTALLED)),
                str(line.tickets),
            ]
            for line in lines
        ]
        terminal.table(HEADS, table)
        return Exit.DONE


COMMAND = PatchList()

HEADS = (
    sentence("patch"),
    sentence("module"),
    sentence("leads to"),
    sentence("sites it would help"),
    sentence("of these ready"),
    sentence("hosts that have it"),
    sentence("open tickets"),
)
