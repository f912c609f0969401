"""`sitewarden-collector ticket split`: give a storm's members their own tickets."""

from __future__ import annotations

import argparse

from collector.commands.desk_words import add_desk_arguments, at_desk
from collector.commands.desk_words import say as tell
from collector.tickets.joining import split
from terminal import Terminal
from wire.sentence import sentence


class TicketSplit:
    """Give a storm's members their own tickets."""

    name = "ticket split"
    summary = sentence("give what still fires of a storm that is over tickets of its own")
    examples = ("sitewarden-collector ticket split 2026-000123",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_desk_arguments(parser, terminal)
        say = terminal.text
        parser.add_argument("number", metavar="NUMBER", help=say(sentence("the ticket's number: 2026-000123")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""
        with at_desk(arguments, terminal) as (_, person):
            count = split(person, arguments.number)
        told = {"number": arguments.number, "tickets": count}
        return tell(terminal, arguments, told, sentence("{count} faults have tickets of their own", count=count))


COMMAND = TicketSplit()
