"""`sitewarden-collector ticket clocks`: the clocks of a ticket, with every interval that counted."""

from __future__ import annotations

import argparse
from typing import Any

from collector.commands.opening import opened
from collector.commands.ticket_words import read_whole
from collector.settings.reading import add_settings_argument
from collector.tickets.clocks.reading import clocks_of, explanation_view
from terminal import Exit, Terminal
from wire.sentence import sentence


class TicketClocks:
    """Explain the clocks of a ticket."""

    name = "ticket clocks"
    summary = sentence("show the clocks of a ticket, and why each is due when it is")
    examples = ("sitewarden-collector ticket clocks 2026-000123",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("number", metavar="NUMBER", help=say(sentence("the ticket's number: 2026-000123")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print them."""
        with opened(arguments, terminal) as parts:
            ticket, _, _ = read_whole(parts.store, arguments.number)
            now = parts.now()
            with parts.store.reading() as connection:
                clocks = clocks_of(connection, ticket.id, now)
        view = explanation_view(ticket.number, clocks, now)
        if arguments.json:
            terminal.json(view)
        else:
            _tell(terminal, view)
        return Exit.DONE


COMMAND = TicketClocks()


def _tell(terminal: Terminal, view: dict[str, Any]) -> None:
    heads = [
        sentence("clock"),
        sentence("cycle"),
        sentence("state"),
        sentence("due"),
        sentence("zone"),
        sentence("hours left"),
    ]
    rows = [
        [
            clock["metric"],
            str(cycle["cycle"]),
            cycle["state"] + (" !" if cycle["breached_at"] else ""),
            (cycle["due"] or "-")[:16].replace("T", " "),
            cycle["zone"],
            f"{cycle['remaining_seconds'] / 3_600:.4g}",
        ]
        for clock in view["clocks"]
        for cycle in clock["cycles"]
    ]
    terminal.table(heads, rows)
    for clock in view["clocks"]:
        for each in clock["cycles"][-1]["counted"]:
            terminal.say(
                sentence(
                    "{clock} counted from {since} to {until}",
                    clock=clock["metric"],
                    since=each["from"][:19],
                    until=each["to"][:19],
                )
            )
