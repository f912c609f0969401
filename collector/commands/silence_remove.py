"""`sitewarden-collector silence remove`: end a silence; what still fires opens now."""

from __future__ import annotations

import argparse

from collector.commands.desk_words import add_desk_arguments, at_desk
from collector.commands.desk_words import say as tell
from collector.tickets.holds.service import remove_silence
from terminal import Terminal
from wire.sentence import sentence


class SilenceRemove:
    """End a silence; what still fires opens now."""

    name = "silence remove"
    summary = sentence("end a silence before its time")
    examples = ("sitewarden-collector silence remove 3",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_desk_arguments(parser, terminal)
        say = terminal.text
        parser.add_argument("id", type=int, metavar="ID", help=say(sentence("the silence's number")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""
        with at_desk(arguments, terminal) as (_, person):
            remove_silence(person, arguments.id)
        return tell(terminal, arguments, {"id": arguments.id}, sentence("silence {id} is over", id=arguments.id))


COMMAND = SilenceRemove()
