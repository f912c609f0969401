"""`sitewarden-collector ticket assign`: give a ticket to a user."""

from __future__ import annotations

import argparse

from collector.commands.ticket_words import act, add_act_arguments
from collector.tickets import service
from terminal import Terminal
from wire.sentence import sentence


class TicketAssign:
    """Give a ticket to somebody."""

    name = "ticket assign"
    summary = sentence("give a ticket to a user")
    examples = ("sitewarden-collector ticket assign 2026-000123 jh",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_act_arguments(parser, terminal)
        parser.add_argument("assignee", metavar="USER", help=terminal.text(sentence("who gets it")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and show the ticket."""
        return act(
            arguments,
            terminal,
            lambda store, number, actor, at: service.assign(
                store, number, actor=actor, assignee=arguments.assignee, now=at
            ),
        )


COMMAND = TicketAssign()
