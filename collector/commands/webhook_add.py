"""`sitewarden-collector webhook add`: call an address for events."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.notify.events import NAMES
from collector.notify.people import service
from collector.notify.view import webhook_view
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class WebhookAdd:
    """Call an address for events."""

    name = "webhook add"
    summary = sentence("call an address whenever something happens")
    examples = ("sitewarden-collector webhook add chat --url https://chat.example/hook --event ticket.opened",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument(
            "who", metavar="NAME", help=say(sentence("a short name: small letters, digits, dot, - and _"))
        )
        parser.add_argument(
            "--url", required=True, metavar="ADDRESS", help=say(sentence("what is called: https://..."))
        )
        words = sentence("only this event; may be repeated (default: every event)")
        parser.add_argument("--event", action="append", default=[], choices=NAMES, metavar="EVENT", help=say(words))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and say so."""
        with opened(arguments, terminal) as parts:
            made, secret = service.add_webhook(
                parts, arguments.who, arguments.url, tuple(dict.fromkeys(arguments.event))
            )
        if arguments.json:
            terminal.json({**webhook_view(made), "secret": secret})
            return Exit.DONE
        terminal.say(sentence("webhook {name} was made; its secret, shown only now:", name=made.name))
        terminal.say(sentence("  {secret}", secret=secret))
        return Exit.DONE


COMMAND = WebhookAdd()
