"""`sitewarden-collector calendar use`: which calendar the clocks of a site, or of all others, count by."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from collector.tickets.clocks.catalogue import use_calendar
from terminal import Exit, Terminal
from wire.sentence import sentence


class CalendarUse:
    """Choose a calendar."""

    name = "calendar use"
    summary = sentence("choose the calendar of a site, or of all sites that name none")
    examples = ("sitewarden-collector calendar use cn --site shanghai-hospital", "sitewarden-collector calendar use kr")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("name", metavar="NAME", help=say(sentence("the calendar's name")))
        parser.add_argument("--site", metavar="SITE", help=say(sentence("only for this site")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Choose it."""
        with opened(arguments, terminal) as parts:
            use_calendar(parts.store, arguments.name, arguments.site)
        terminal.say(sentence("tickets that open from now on count by {name}", name=arguments.name))
        return Exit.DONE


COMMAND = CalendarUse()
