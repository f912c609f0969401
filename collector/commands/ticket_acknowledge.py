"""`sitewarden-collector ticket acknowledge`: take note of a ticket: somebody takes care."""

from __future__ import annotations

import argparse

from collector.commands.ticket_words import act, add_act_arguments
from collector.tickets import service
from terminal import Terminal
from wire.sentence import sentence


class TicketAcknowledge:
    """Acknowledge a ticket."""

    name = "ticket acknowledge"
    summary = sentence("take note of a ticket: somebody takes care")
    examples = ("sitewarden-collector ticket acknowledge 2026-000123",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_act_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and show the ticket."""
        return act(
            arguments,
            terminal,
            lambda store, number, actor, at: service.acknowledge(store, number, actor=actor, now=at),
        )


COMMAND = TicketAcknowledge()
