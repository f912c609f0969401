"""`sitewarden-collector ticket resume`: a ticket that waited goes on."""

from __future__ import annotations

import argparse

from collector.commands.ticket_words import act, add_act_arguments
from collector.tickets.waiting import resume
from terminal import Terminal
from wire.sentence import sentence


class TicketResume:
    """Let a ticket go on."""

    name = "ticket resume"
    summary = sentence("go on with a ticket that waited")
    examples = ("sitewarden-collector ticket resume 2026-000123",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_act_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and show the ticket."""
        return act(arguments, terminal, lambda store, number, actor, at: resume(store, number, actor=actor, now=at))


COMMAND = TicketResume()
