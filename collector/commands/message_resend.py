"""`sitewarden-collector message resend`: send a dead letter again."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.notify.log.service import send_again
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class MessageResend:
    """Send a dead letter again."""

    name = "message resend"
    summary = sentence("send a dead letter again")
    examples = ("sitewarden-collector message resend 17 --actor kim",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("number", type=int, metavar="NUMBER", help=say(sentence("the message's number")))
        parser.add_argument("--actor", required=True, metavar="NAME", help=say(sentence("who does it")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and say so."""
        with opened(arguments, terminal) as parts:
            send_again(parts, arguments.number, actor=arguments.actor)
        if arguments.json:
            terminal.json({"message": arguments.number})
        else:
            terminal.say(sentence("message {number} is on its way again", number=arguments.number))
        return Exit.DONE


COMMAND = MessageResend()
