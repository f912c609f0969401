"""`sitewarden-collector window add`: a maintenance window that the customer agreed to."""

from __future__ import annotations

import argparse

from collector.commands.desk_words import add_desk_arguments, at_desk, zone_of
from collector.commands.desk_words import say as tell
from collector.commands.instants import read_instant
from collector.tickets.holds import repository as rows
from collector.tickets.holds.model import NewWindow
from collector.tickets.holds.service import add_window
from collector.tickets.holds.view import window_view
from terminal import Terminal
from wire.sentence import sentence


class WindowAdd:
    """A maintenance window that the customer agreed to."""

    name = "window add"
    summary = sentence("note a maintenance window that the customer agreed to")
    examples = (
        "sitewarden-collector window add seoul --from 2026-11-24T22:00 --to 2026-11-25T02 --owner jh --approved-by Kim",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_desk_arguments(parser, terminal)
        say = terminal.text
        parser.add_argument("site", metavar="SITE", help=say(sentence("the site's id")))
        when = say(sentence("date and time; without an offset it is the site's own"))
        parser.add_argument("--from", dest="since", required=True, metavar="ISO", help=when)
        parser.add_argument("--to", dest="until", required=True, metavar="ISO", help=when)
        parser.add_argument("--owner", required=True, help=say(sentence("who of us answers for it")))
        parser.add_argument("--approved-by", required=True, help=say(sentence("who of the customer agreed, and how")))
        parser.add_argument("--reason", default="", help=say(sentence("what is done")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""
        with at_desk(arguments, terminal) as (parts, person):
            zone = zone_of(parts, arguments.site)
            asked = NewWindow(
                site=arguments.site,
                since=read_instant(arguments.since, zone),
                until=read_instant(arguments.until, zone),
                owner=arguments.owner,
                approved_by=arguments.approved_by,
                reason=arguments.reason,
            )
            number = add_window(person, asked)
            with parts.store.reading() as connection:
                found = rows.find_window(connection, number)
        told = {} if found is None else window_view(found)
        return tell(terminal, arguments, told, sentence("window {id} is noted", id=number))


COMMAND = WindowAdd()
