"""`sitewarden-collector calendar show`: the days of a year that differ."""

from __future__ import annotations

import argparse

import msgspec

from collector.commands.opening import opened
from collector.commands.ticket_words import language_of
from collector.settings.reading import add_settings_argument
from collector.tickets.clocks.catalogue import find_calendar
from terminal import Exit, Terminal
from wire.sentence import sentence


class CalendarShow:
    """Show a calendar."""

    name = "calendar show"
    summary = sentence("show a calendar and the days of a year that differ")
    examples = ("sitewarden-collector calendar show kr --year 2027",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("name", metavar="NAME", help=say(sentence("the calendar's name")))
        parser.add_argument("--year", type=int, help=say(sentence("only the days of this year")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print it."""
        with opened(arguments, terminal) as parts, parts.store.reading() as connection:
            calendar = find_calendar(connection, arguments.name)
        days = [day for day in calendar.days if arguments.year in {None, day.date.year}]
        if arguments.json:
            terminal.json(msgspec.to_builtins(msgspec.structs.replace(calendar, days=days)))
            return Exit.DONE
        facts = sentence(
            "{name} {version}, {zone}, known from {since} until {until}",
            name=calendar.calendar,
            version=calendar.version,
            zone=calendar.zone,
            since=calendar.coverage.since,
            until=calendar.coverage.until,
        )
        terminal.say(facts)
        terminal.say(sentence("source: {source}", source=calendar.source))
        language = language_of(terminal)
        rows = [
            [
                day.date.isoformat(),
                day.kind.value,
                "" if calendar.is_confirmed(day.date, day) else "provisional",
                day.name.in_language(language) if day.name else "",
            ]
            for day in days
        ]
        terminal.table([sentence("day"), sentence("kind"), sentence("status"), sentence("name")], rows)
        return Exit.DONE


COMMAND = CalendarShow()
