"""`sitewarden-collector recipient remove`: tell a recipient nothing more."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.notify.people import service
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class RecipientRemove:
    """Tell a recipient nothing more."""

    name = "recipient remove"
    summary = sentence("remove a recipient; what waits for it is withdrawn")
    examples = ("sitewarden-collector recipient remove kim",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("who", metavar="NAME", help=say(sentence("the recipient's name")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and say so."""
        with opened(arguments, terminal) as parts:
            service.remove_recipient(parts, arguments.who)
        if arguments.json:
            terminal.json({"name": arguments.who})
        else:
            terminal.say(sentence("recipient {name} was removed", name=arguments.who))
        return Exit.DONE


COMMAND = RecipientRemove()
