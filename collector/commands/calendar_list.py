"""`sitewarden-collector calendar list`: the calendars that clocks count by."""

from __future__ import annotations

import argparse

import msgspec

from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from collector.tickets.clocks.catalogue import list_calendars
from terminal import Exit, Terminal
from wire.sentence import sentence


class CalendarList:
    """List the calendars."""

    name = "calendar list"
    summary = sentence("list the calendars that clocks count by")
    examples = ("sitewarden-collector calendar list",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        words = sentence("one JSON object for every calendar")
        parser.add_argument("--json", action="store_true", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """List them."""
        with opened(arguments, terminal) as parts, parts.store.reading() as connection:
            found = list_calendars(connection)
        if arguments.json:
            for each in found:
                terminal.json(msgspec.to_builtins(each))
            return Exit.DONE
        heads = [
            sentence("name"),
            sentence("version"),
            sentence("zone"),
            sentence("known until"),
            sentence("foretold days"),
            sentence("sites"),
        ]
        rows = [
            [
                f"{each.name} *" if each.is_default else each.name,
                each.version,
                each.zone,
                each.until,
                str(each.provisional_days),
                str(each.sites),
            ]
            for each in found
        ]
        terminal.table(heads, rows)
        terminal.say(sentence("* counts for sites that name none"))
        return Exit.DONE


COMMAND = CalendarList()
