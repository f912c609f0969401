"""`sitewarden-collector calendar export`: a calendar as a file, to look over, change and import."""

from __future__ import annotations

import argparse

from collector.commands.calendar_words import write_text
from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from collector.sla.making import calendar_yaml
from collector.tickets.clocks.catalogue import find_calendar
from terminal import Exit, Terminal
from wire.sentence import sentence


class CalendarExport:
    """Export a calendar."""

    name = "calendar export"
    summary = sentence("write a calendar as a file")
    examples = ("sitewarden-collector calendar export kr --out kr.yaml",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("name", metavar="NAME", help=say(sentence("the calendar's name")))
        parser.add_argument("--out", metavar="FILE", help=say(sentence("a new file (default: standard output)")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Write it."""
        with opened(arguments, terminal) as parts, parts.store.reading() as connection:
            calendar = find_calendar(connection, arguments.name)
        write_text(calendar_yaml(calendar), arguments.out)
        return Exit.DONE


COMMAND = CalendarExport()
