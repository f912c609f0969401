"""`sitewarden-collector window remove`: end a maintenance window; what still fires opens now."""

from __future__ import annotations

import argparse

from collector.commands.desk_words import add_desk_arguments, at_desk
from collector.commands.desk_words import say as tell
from collector.tickets.holds.service import remove_window
from terminal import Terminal
from wire.sentence import sentence


class WindowRemove:
    """End a maintenance window; what still fires opens now."""

    name = "window remove"
    summary = sentence("end a maintenance window before its time, or call it off")
    examples = ("sitewarden-collector window remove 3",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_desk_arguments(parser, terminal)
        say = terminal.text
        parser.add_argument("id", type=int, metavar="ID", help=say(sentence("the window's number")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""
        with at_desk(arguments, terminal) as (_, person):
            remove_window(person, arguments.id)
        return tell(terminal, arguments, {"id": arguments.id}, sentence("window {id} is removed", id=arguments.id))


COMMAND = WindowRemove()
