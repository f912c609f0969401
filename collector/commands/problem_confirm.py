"""`sitewarden-collector problem confirm`: make a problem a known error."""

from __future__ import annotations

import argparse

from collector.commands.desk_words import add_desk_arguments, at_desk
from collector.commands.desk_words import say as tell
from collector.tickets.holds.view import problem_view
from collector.tickets.problems.service import confirm, read_problem
from terminal import Terminal
from wire.sentence import sentence


class ProblemConfirm:
    """Make a problem a known error."""

    name = "problem confirm"
    summary = sentence("say that a problem is a known error: what helps, and what cures it")
    examples = ("sitewarden-collector problem confirm 3 --fixed-in 2.3 --workaround 'restart the queue'",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_desk_arguments(parser, terminal)
        say = terminal.text
        parser.add_argument("id", type=int, metavar="ID", help=say(sentence("the problem's number")))
        parser.add_argument(
            "--fixed-in", default="", metavar="VERSION", help=say(sentence("the version that cures it"))
        )
        parser.add_argument("--workaround", default="", help=say(sentence("what helps until then")))
        parser.add_argument("--patch", default="", help=say(sentence("the patch that cures it")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""
        with at_desk(arguments, terminal) as (parts, person):
            words = {"fixed_in": arguments.fixed_in, "workaround": arguments.workaround, "patch": arguments.patch}
            confirm(person, arguments.id, **words)
            told = problem_view(read_problem(parts.store, arguments.id))
        return tell(terminal, arguments, told, sentence("problem {id} is a known error", id=arguments.id))


COMMAND = ProblemConfirm()
