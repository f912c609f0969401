"""`sitewarden-collector recipient test`: send a recipient a test message."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.notify.people import service
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class RecipientTest:
    """Send a recipient a test message."""

    name = "recipient test"
    summary = sentence("put a test message on its way to a recipient")
    examples = ("sitewarden-collector recipient test kim",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("who", metavar="NAME", help=say(sentence("the recipient's name")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and say so."""
        with opened(arguments, terminal) as parts:
            number = service.send_test_mail(parts, arguments.who)
        if arguments.json:
            terminal.json({"message": number})
        else:
            terminal.say(
                sentence("message {number} is on its way; `message show {number}` tells what came of it", number=number)
            )
        return Exit.DONE


COMMAND = RecipientTest()
