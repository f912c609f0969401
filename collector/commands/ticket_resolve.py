"""`sitewarden-collector ticket resolve`: say that a ticket is solved, and how."""

from __future__ import annotations

import argparse

from collector.commands.ticket_words import act, add_act_arguments
from collector.tickets import service
from terminal import Terminal
from wire.sentence import sentence


class TicketResolve:
    """Resolve a ticket."""

    name = "ticket resolve"
    summary = sentence("say that a ticket is solved, and how")
    examples = (
        "sitewarden-collector ticket resolve 2026-000123 --note 'restarted the queue'",
        "sitewarden-collector ticket resolve 2026-000123 --note 'leak in the pool' --fixed-in 2.3",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_act_arguments(parser, terminal)
        note = terminal.text(sentence("what it was and what was done"))
        parser.add_argument("--note", required=True, metavar="TEXT", help=note)
        cure = terminal.text(sentence("the version that cures it; an older one that fails again opens nothing"))
        parser.add_argument("--fixed-in", metavar="VERSION", help=cure)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and show the ticket."""
        return act(
            arguments,
            terminal,
            lambda store, number, actor, at: service.resolve(
                store, number, actor=actor, note=arguments.note, now=at, fixed_in=arguments.fixed_in
            ),
        )


COMMAND = TicketResolve()
