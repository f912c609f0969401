"""`sitewarden-collector ticket level`: a person judges how bad it is."""

from __future__ import annotations

import argparse

from collector.commands.ticket_words import act, add_act_arguments
from collector.tickets import service
from terminal import Terminal
from wire.sentence import sentence


class TicketLevel:
    """Set the level of a ticket."""

    name = "ticket level"
    summary = sentence("set the fault level of a ticket; its clocks go over to what that level promises")
    examples = ("sitewarden-collector ticket level 2026-000123 3 --note 'only one printer of twelve'",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_act_arguments(parser, terminal)
        level = terminal.text(sentence("1 (worst) to 4"))
        parser.add_argument("level", type=int, choices=range(1, 5), metavar="LEVEL", help=level)
        parser.add_argument("--note", required=True, metavar="TEXT", help=terminal.text(sentence("why")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and show the ticket."""
        return act(
            arguments,
            terminal,
            lambda store, number, actor, at: service.set_level(
                store, number, arguments.level, actor=actor, note=arguments.note, now=at
            ),
        )


COMMAND = TicketLevel()
