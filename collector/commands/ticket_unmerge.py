"""`sitewarden-collector ticket unmerge`: take a merger back."""

from __future__ import annotations

import argparse

from collector.commands.desk_words import add_desk_arguments, at_desk
from collector.commands.desk_words import say as tell
from collector.tickets.joining import unmerge
from terminal import Terminal
from wire.sentence import sentence


class TicketUnmerge:
    """Take a merger back."""

    name = "ticket unmerge"
    summary = sentence("take a merger back, within 30 days")
    examples = ("sitewarden-collector ticket unmerge 2026-000123",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_desk_arguments(parser, terminal)
        say = terminal.text
        parser.add_argument("number", metavar="NUMBER", help=say(sentence("the ticket's number: 2026-000123")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""
        with at_desk(arguments, terminal) as (_, person):
            unmerge(person, arguments.number)
        told = {"number": arguments.number}
        return tell(terminal, arguments, told, sentence("{number} stands for itself again", number=arguments.number))


COMMAND = TicketUnmerge()
