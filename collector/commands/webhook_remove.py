"""`sitewarden-collector webhook remove`: tell a webhook nothing more."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.notify.people import service
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class WebhookRemove:
    """Tell a webhook nothing more."""

    name = "webhook remove"
    summary = sentence("remove a webhook; what waits for it is withdrawn")
    examples = ("sitewarden-collector webhook remove chat",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("who", metavar="NAME", help=say(sentence("the webhook's name")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and say so."""
        with opened(arguments, terminal) as parts:
            service.remove_webhook(parts, arguments.who)
        if arguments.json:
            terminal.json({"name": arguments.who})
        else:
            terminal.say(sentence("webhook {name} was removed", name=arguments.who))
        return Exit.DONE


COMMAND = WebhookRemove()
