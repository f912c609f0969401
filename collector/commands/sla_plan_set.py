"""`sitewarden-collector sla-plan set`: another plan of service."""

from __future__ import annotations

import argparse
from pathlib import Path

from collector.commands.calendar_words import actor_name
from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from collector.sla.plan import read_plan
from collector.tickets.clocks.catalogue import set_plan
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class PlanSet:
    """Set the plan of service."""

    name = "sla-plan set"
    summary = sentence("promise something else for each level; open clocks go over to it")
    examples = ("sitewarden-collector sla-plan set plan.yaml",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("file", metavar="FILE", help=terminal.text(sentence("the plan's file")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Set it."""
        try:
            plan = read_plan(Path(arguments.file).read_bytes())
        except OSError as error:
            problem = error.strerror or str(error)
            why = sentence("{path} cannot be read: {problem}", path=arguments.file, problem=problem)
            raise CommandRefused(why) from error
        with opened(arguments, terminal) as parts:
            set_plan(parts.store, plan, by=actor_name(), now=parts.now())
        terminal.say(sentence("the plan {name} is in use; open clocks go over to it", name=plan.plan))
        return Exit.DONE


COMMAND = PlanSet()
