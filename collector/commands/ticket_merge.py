"""`sitewarden-collector ticket merge`: let one ticket go on as another."""

from __future__ import annotations

import argparse

from collector.commands.desk_words import add_desk_arguments, at_desk
from collector.commands.desk_words import say as tell
from collector.tickets.joining import merge
from terminal import Terminal
from wire.sentence import sentence


class TicketMerge:
    """Let one ticket go on as another."""

    name = "ticket merge"
    summary = sentence("merge a ticket into another of its site; what comes later follows")
    examples = ("sitewarden-collector ticket merge 2026-000123 --into 2026-000120",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_desk_arguments(parser, terminal)
        say = terminal.text
        parser.add_argument("number", metavar="NUMBER", help=say(sentence("the ticket's number: 2026-000123")))
        parser.add_argument("--into", required=True, metavar="NUMBER", help=say(sentence("the ticket that goes on")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""
        with at_desk(arguments, terminal) as (_, person):
            merge(person, arguments.number, arguments.into)
        names = {"number": arguments.number, "into": arguments.into}
        return tell(terminal, arguments, names, sentence("{number} goes on as {into}", **names))


COMMAND = TicketMerge()
