"""`sitewarden-collector problem list`: list problems."""

from __future__ import annotations

import argparse

from collector.commands.desk_words import add_desk_arguments
from collector.commands.opening import opened
from collector.tickets.holds.view import problem_view
from collector.tickets.problems import repository as rows
from terminal import Exit, Terminal
from wire.sentence import sentence


class ProblemList:
    """List problems."""

    name = "problem list"
    summary = sentence("list problems: one cause behind many tickets")
    examples = (
        "sitewarden-collector problem list",
        "sitewarden-collector problem list --json",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_desk_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""
        with opened(arguments, terminal) as parts, parts.store.reading() as connection:
            found = rows.problems(connection)
        if arguments.json:
            terminal.json({"problems": [problem_view(record) for record in found]})
            return Exit.DONE
        table = [
            [
                str(record.problem.id),
                record.problem.module,
                record.problem.code,
                record.problem.state.value,
                str(len(record.problem.sites)),
                f"{record.open_tickets}/{record.tickets}",
                record.problem.fixed_in or "-",
            ]
            for record in found
        ]
        terminal.table(HEADS, table)
        return Exit.DONE


COMMAND = ProblemList()

HEADS = (
    sentence("number"),
    sentence("module"),
    sentence("code"),
    sentence("status"),
    sentence("sites"),
    sentence("open tickets"),
    sentence("cured in"),
)
