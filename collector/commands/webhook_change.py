"""`sitewarden-collector webhook change`: call another address, or for other events."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.notify.events import NAMES
from collector.notify.people import service
from collector.notify.view import webhook_view
from collector.settings.reading import add_settings_argument
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class WebhookChange:
    """Change what is said of a webhook."""

    name = "webhook change"
    summary = sentence("change a webhook; what is not named stays as it is, its secret always")
    examples = (
        "sitewarden-collector webhook change chat --url https://chat.example/new",
        "sitewarden-collector webhook change chat --all-events",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("who", metavar="NAME", help=say(sentence("the webhook's name")))
        parser.add_argument("--url", metavar="ADDRESS", help=say(sentence("what is called: https://...")))
        events = parser.add_mutually_exclusive_group()
        words = sentence("only this event; may be repeated (default: every event)")
        events.add_argument("--event", action="append", default=[], choices=NAMES, metavar="EVENT", help=say(words))
        events.add_argument("--all-events", action="store_true", help=say(sentence("every event again")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and say so."""
        if arguments.url is None and not arguments.event and not arguments.all_events:
            raise CommandRefused(sentence("nothing to change; see --help for what can be"))
        with opened(arguments, terminal) as parts:
            known = service.find_webhook(parts, arguments.who)
            events = () if arguments.all_events else tuple(dict.fromkeys(arguments.event)) or known.events
            made = service.change_webhook(parts, known.name, arguments.url or known.address, events)
        if arguments.json:
            terminal.json(webhook_view(made))
        else:
            terminal.say(sentence("webhook {name} was changed", name=made.name))
        return Exit.DONE


COMMAND = WebhookChange()
