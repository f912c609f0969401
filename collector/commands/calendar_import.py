"""`sitewarden-collector calendar import`: bring a calendar, or a newer version of one; needs no network."""

from __future__ import annotations

import argparse
from pathlib import Path

from collector.commands.calendar_words import actor_name
from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from collector.sla.shelf import read_file
from collector.tickets.clocks.catalogue import import_calendar
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class CalendarImport:
    """Import a calendar."""

    name = "calendar import"
    summary = sentence("bring a calendar, or a newer version of one")
    examples = ("sitewarden-collector calendar import cn-2027.yaml",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("file", metavar="FILE", help=say(sentence("the calendar's file")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Import it."""
        try:
            calendar = read_file(Path(arguments.file))
        except FileNotFoundError as error:
            raise CommandRefused(sentence("there is no file {path}", path=arguments.file)) from error
        with opened(arguments, terminal) as parts:
            foretold = import_calendar(parts.store, calendar, by=actor_name(), now=parts.now())
        if arguments.json:
            terminal.json({"calendar": calendar.calendar, "version": calendar.version, "provisional_days": foretold})
        else:
            said = sentence(
                "{name} {version} is in use; open clocks go over to it",
                name=calendar.calendar,
                version=calendar.version,
            )
            terminal.say(said)
        return Exit.DONE


COMMAND = CalendarImport()
