"""`sitewarden-collector ticket comment`: add a remark to a ticket."""

from __future__ import annotations

import argparse

from collector.commands.ticket_words import act, add_act_arguments
from collector.tickets import service
from terminal import Terminal
from wire.sentence import sentence


class TicketComment:
    """Add a remark."""

    name = "ticket comment"
    summary = sentence("add a remark to a ticket")
    examples = ("sitewarden-collector ticket comment 2026-000123 'called the ward desk'",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_act_arguments(parser, terminal)
        parser.add_argument("text", metavar="TEXT", help=terminal.text(sentence("the remark")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and show the ticket."""
        return act(
            arguments,
            terminal,
            lambda store, number, actor, at: service.comment(store, number, actor=actor, text=arguments.text, now=at),
        )


COMMAND = TicketComment()
