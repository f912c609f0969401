"""`sitewarden-collector window list`: list maintenance windows."""

from __future__ import annotations

import argparse

from collector.commands.desk_words import add_desk_arguments
from collector.commands.opening import opened
from collector.commands.ticket_words import instant_text
from collector.tickets.holds import repository as rows
from collector.tickets.holds.view import window_view
from terminal import Exit, Terminal
from wire.sentence import sentence


class WindowList:
    """List maintenance windows."""

    name = "window list"
    summary = sentence("list maintenance windows, the latest first")
    examples = (
        "sitewarden-collector window list",
        "sitewarden-collector window list --site seoul-hospital --json",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_desk_arguments(parser, terminal)
        say = terminal.text
        parser.add_argument("--site", metavar="ID", help=say(sentence("only of this site")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""
        with opened(arguments, terminal) as parts, parts.store.reading() as connection:
            found = rows.windows(connection, site_id=arguments.site)
        if arguments.json:
            terminal.json({"windows": [window_view(window) for window in found]})
            return Exit.DONE
        table = [
            [
                str(window.id),
                window.site,
                instant_text(window.since),
                instant_text(window.until),
                window.owner,
                window.approved_by,
                window.removed_by or "-",
            ]
            for window in found
        ]
        terminal.table(HEADS, table)
        return Exit.DONE


COMMAND = WindowList()

HEADS = (
    sentence("number"),
    sentence("site"),
    sentence("from (UTC)"),
    sentence("to (UTC)"),
    sentence("owner"),
    sentence("approved by"),
    sentence("removed by"),
)
