"""`sitewarden-collector problem close`: close a problem."""

from __future__ import annotations

import argparse

from collector.commands.desk_words import add_desk_arguments, at_desk
from collector.commands.desk_words import say as tell
from collector.tickets.holds.view import problem_view
from collector.tickets.problems.service import close, read_problem, resolve_children
from terminal import Terminal
from wire.sentence import sentence


class ProblemClose:
    """Close a problem."""

    name = "problem close"
    summary = sentence("say that a problem is done with, and resolve its tickets if asked")
    examples = ("sitewarden-collector problem close 3 --note 'cured by 2.3' --resolve 2026-000123 2026-000124",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_desk_arguments(parser, terminal)
        say = terminal.text
        parser.add_argument("id", type=int, metavar="ID", help=say(sentence("the problem's number")))
        parser.add_argument(
            "--note", required=True, metavar="TEXT", help=say(sentence("what it was and what was done"))
        )
        parser.add_argument(
            "--resolve", nargs="*", default=[], metavar="NUMBER", help=say(sentence("tickets of it to resolve with it"))
        )

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""
        with at_desk(arguments, terminal) as (parts, person):
            close(person, arguments.id, note=arguments.note)
            done = []
            if arguments.resolve:
                done = resolve_children(person, arguments.id, arguments.resolve, note=arguments.note)
            told = {**problem_view(read_problem(parts.store, arguments.id)), "resolved": done}
        words = sentence(
            "problem {id} is closed, {count} of its tickets are resolved", id=arguments.id, count=len(done)
        )
        return tell(terminal, arguments, told, words)


COMMAND = ProblemClose()
