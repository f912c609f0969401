"""`sitewarden-collector sla-plan show`: what is promised for each level, as the file to change."""

from __future__ import annotations

import argparse

import msgspec

from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from collector.sla.plan import plan_yaml
from collector.tickets.clocks.shelf import Shelf
from terminal import Exit, Terminal
from wire.sentence import sentence


class PlanShow:
    """Show the plan of service."""

    name = "sla-plan show"
    summary = sentence("show what is promised for each level, as a file to change")
    examples = ("sitewarden-collector sla-plan show > plan.yaml",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print it."""
        with opened(arguments, terminal) as parts, parts.store.reading() as connection:
            plan = Shelf(connection).plan()[1]
        if arguments.json:
            terminal.json(msgspec.to_builtins(plan))
        else:
            terminal.say(sentence("{text}", text=plan_yaml(plan).rstrip()))
        return Exit.DONE


COMMAND = PlanShow()
