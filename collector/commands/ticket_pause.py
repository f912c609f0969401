"""`sitewarden-collector ticket pause`: a ticket waits for the customer."""

from __future__ import annotations

import argparse
from datetime import UTC

from collector.commands.instants import read_instant
from collector.commands.ticket_words import act, add_act_arguments
from collector.sla.history import PauseReason
from collector.tickets.waiting import Waiting, pause
from terminal import Terminal
from wire.sentence import sentence


class TicketPause:
    """Let a ticket wait."""

    name = "ticket pause"
    summary = sentence("let a ticket wait for the customer; its clocks stand meanwhile")
    examples = (
        "sitewarden-collector ticket pause 2026-000123 --reason waiting_customer_info --message 'Which printer is it?'",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_act_arguments(parser, terminal)
        reasons = [reason.value for reason in PauseReason]
        parser.add_argument("--reason", required=True, choices=reasons, help=say(sentence("what it waits for")))
        parser.add_argument("--message", required=True, metavar="TEXT", help=say(sentence("what the customer is told")))
        until = say(sentence("when it goes on by itself (UTC unless it has an offset)"))
        parser.add_argument("--until", metavar="ISO", help=until)
        approved = say(sentence("who else approves it; force majeure needs somebody"))
        parser.add_argument("--approved-by", default="", metavar="NAME", help=approved)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and show the ticket."""
        until = read_instant(arguments.until, UTC) if arguments.until else None
        asked = Waiting(arguments.reason, arguments.message, until, arguments.approved_by)
        return act(
            arguments,
            terminal,
            lambda store, number, actor, at: pause(store, number, asked, actor=actor, now=at),
        )


COMMAND = TicketPause()
