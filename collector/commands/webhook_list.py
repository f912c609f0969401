"""`sitewarden-collector webhook list`: which addresses are called."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.notify.people import service
from collector.notify.view import webhook_view
from collector.settings.reading import add_settings_argument
from collector.tickets.view import instant
from terminal import Exit, Terminal
from wire.sentence import sentence


class WebhookList:
    """Which addresses are called."""

    name = "webhook list"
    summary = sentence("list which addresses are called")
    examples = ("sitewarden-collector webhook list --json",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and say so."""
        with opened(arguments, terminal) as parts:
            found = service.list_webhooks(parts)
        if arguments.json:
            terminal.json({"webhooks": [webhook_view(each) for each in found]})
            return Exit.DONE
        heads = [sentence("name"), sentence("address"), sentence("events"), sentence("disabled since (UTC)")]
        rows = [
            [each.name, each.address, ", ".join(each.events) or "-", instant(each.disabled_at) or "-"] for each in found
        ]
        terminal.table(heads, rows)
        return Exit.DONE


COMMAND = WebhookList()
