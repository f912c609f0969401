"""`sitewarden-collector silence list`: list the silences that hold."""

from __future__ import annotations

import argparse

from collector.commands.desk_words import add_desk_arguments
from collector.commands.opening import opened
from collector.commands.ticket_words import instant_text
from collector.tickets.holds import repository as rows
from collector.tickets.holds.view import silence_view
from terminal import Exit, Terminal
from wire.sentence import sentence


class SilenceList:
    """List the silences that hold."""

    name = "silence list"
    summary = sentence("list what people hold back now")
    examples = (
        "sitewarden-collector silence list",
        "sitewarden-collector silence list --json",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_desk_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""
        with opened(arguments, terminal) as parts, parts.store.reading() as connection:
            found = rows.silences(connection, ending_after=parts.now())
        if arguments.json:
            terminal.json({"silences": [silence_view(silence) for silence in found]})
            return Exit.DONE
        table = [
            [
                str(silence.id),
                silence.site or "*",
                silence.code or "*",
                instant_text(silence.until),
                silence.created_by,
                silence.reason,
            ]
            for silence in found
        ]
        terminal.table(HEADS, table)
        return Exit.DONE


COMMAND = SilenceList()

HEADS = (
    sentence("number"),
    sentence("site"),
    sentence("code"),
    sentence("until (UTC)"),
    sentence("by"),
    sentence("reason"),
)
