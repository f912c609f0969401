"""`sitewarden-collector ticket list`: tickets by filter, newest first."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.commands.ticket_words import instant_text, language_of, status_text
from collector.settings.reading import add_settings_argument
from collector.tickets.search import repository as rows
from collector.tickets.search.model import LIMIT, LIMIT_MAX, TicketFilter, TicketRecord
from collector.tickets.state import TicketStatus
from collector.tickets.view import list_view
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class TicketList:
    """List tickets."""

    name = "ticket list"
    summary = sentence("list tickets, newest first")
    examples = ("sitewarden-collector ticket list --open --level 1", "sitewarden-collector ticket list --json")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("--site", metavar="ID", help=say(sentence("only of this site")))
        parser.add_argument(
            "--status", choices=[status.value for status in TicketStatus], help=say(sentence("only in this status"))
        )
        parser.add_argument("--level", type=int, choices=[1, 2, 3, 4], help=say(sentence("only of this level")))
        parser.add_argument("--code", metavar="CODE", help=say(sentence("only of this error code")))
        parser.add_argument("--open", action="store_true", help=say(sentence("only those that still want something")))
        parser.add_argument(
            "--limit",
            type=int,
            default=LIMIT,
            metavar="N",
            help=say(sentence("at most so many (default {limit})", limit=LIMIT)),
        )
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print them."""
        if not 1 <= arguments.limit <= LIMIT_MAX:
            raise CommandRefused(sentence("--limit is a number from 1 to {limit}", limit=LIMIT_MAX))
        wanted = TicketFilter(
            site=arguments.site,
            status=arguments.status,
            level=arguments.level,
            code=arguments.code,
            open_only=arguments.open,
            limit=arguments.limit,
        )
        with opened(arguments, terminal) as parts, parts.store.reading() as connection:
            found = rows.list_tickets(connection, wanted)
        if arguments.json:
            terminal.json(list_view(found))
        else:
            _print(terminal, found.tickets)
            if found.more:
                terminal.warn(sentence("there are more; raise --limit"))
        return Exit.DONE


def _print(terminal: Terminal, tickets: list[TicketRecord]) -> None:
    language = language_of(terminal)
    table = [
        [
            ticket.number,
            str(ticket.level),
            status_text(terminal, ticket.status),
            ticket.site_id,
            ticket.code,
            str(ticket.count),
            instant_text(ticket.last_event_at),
            ticket.title.in_language(language),
        ]
        for ticket in tickets
    ]
    terminal.table(HEADS, table)


HEADS = (
    sentence("number"),
    sentence("level"),
    sentence("status"),
    sentence("site"),
    sentence("code"),
    sentence("count"),
    sentence("last signal (UTC)"),
    sentence("title"),
)

COMMAND = TicketList()
