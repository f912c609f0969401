"""`sitewarden-collector silence add`: hold something back for a time; it is counted and visible."""

from __future__ import annotations

import argparse
from datetime import UTC

from collector.commands.desk_words import add_desk_arguments, at_desk
from collector.commands.desk_words import say as tell
from collector.commands.instants import read_instant
from collector.tickets.holds import repository as rows
from collector.tickets.holds.model import NewSilence
from collector.tickets.holds.service import add_silence
from collector.tickets.holds.view import silence_view
from terminal import Terminal
from wire.sentence import sentence


class SilenceAdd:
    """Hold something back for a time; it is counted and visible."""

    name = "silence add"
    summary = sentence("hold a fault, a code or a site back for a time")
    examples = (
        "sitewarden-collector silence add --code HIS-PRN-0031 --until 2026-11-25T00:00Z --reason 'printers move'",
        "sitewarden-collector silence add --ticket 2026-000123 --until 2026-11-24T12:00Z --reason 'part is ordered'",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_desk_arguments(parser, terminal)
        say = terminal.text
        parser.add_argument("--site", default="", metavar="ID", help=say(sentence("only at this site")))
        parser.add_argument("--module", default="", metavar="CODE", help=say(sentence("only of this module")))
        parser.add_argument("--code", default="", metavar="CODE", help=say(sentence("only of this error code")))
        parser.add_argument("--ticket", default="", metavar="NUMBER", help=say(sentence("the fault of this ticket")))
        parser.add_argument(
            "--until", required=True, metavar="ISO", help=say(sentence("date and time; without an offset it is UTC"))
        )
        parser.add_argument("--reason", required=True, help=say(sentence("why")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""
        with at_desk(arguments, terminal) as (parts, person):
            asked = NewSilence(
                until=read_instant(arguments.until, UTC),
                reason=arguments.reason,
                site=arguments.site,
                module=arguments.module,
                code=arguments.code,
                ticket=arguments.ticket,
            )
            number = add_silence(person, asked)
            with parts.store.reading() as connection:
                found = rows.find_silence(connection, number)
        told = {} if found is None else silence_view(found)
        return tell(terminal, arguments, told, sentence("silence {id} holds", id=number))


COMMAND = SilenceAdd()
