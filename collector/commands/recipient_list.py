"""`sitewarden-collector recipient list`: who gets mail."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.notify.people import service
from collector.notify.view import recipient_view
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class RecipientList:
    """Who gets mail."""

    name = "recipient list"
    summary = sentence("list who gets mail")
    examples = ("sitewarden-collector recipient list --json",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and say so."""
        with opened(arguments, terminal) as parts:
            found = service.list_recipients(parts)
        if arguments.json:
            terminal.json({"recipients": [recipient_view(each) for each in found]})
            return Exit.DONE
        heads = [
            sentence("name"),
            sentence("address"),
            sentence("language"),
            sentence("kinds"),
            sentence("level"),
            sentence("sites"),
        ]
        rows = [
            [
                each.name,
                each.address,
                each.language,
                ", ".join(each.kinds),
                str(each.level),
                ", ".join(each.sites) or "-",
            ]
            for each in found
        ]
        terminal.table(heads, rows)
        return Exit.DONE


COMMAND = RecipientList()
