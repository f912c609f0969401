"""`sitewarden-collector clock`: when something is due by a calendar, and why."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from collector.commands.clock_words import Deduction
from collector.commands.instants import read_instant, read_pause
from collector.sla.clock import (
    Basis,
    Deadline,
    Pause,
    Target,
    TargetRefused,
    due_at,
    explain,
    read_target,
    warned_at,
)
from collector.sla.shelf import PACKS, find_calendar
from collector.sla.working_time import OutOfReach, WorkingTime
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence

EXPLAINABLE: Final = timedelta(days=3_660)


class Clock:
    """Compute a deadline."""

    name = "clock"
    summary = sentence("when something is due by a calendar of working time, and why")
    examples = (
        "sitewarden-collector clock --calendar kr --start 2026-11-24T10:00+09:00 --target 8h",
        "sitewarden-collector clock --calendar cn --start 2026-02-13T16:00 --target 3bd --explain",
        "sitewarden-collector clock --calendar kr --start 2026-02-12T14:00 --target 8h --pause 2026-02-12T16:00/",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        known = ", ".join(PACKS)
        parser.add_argument(
            "--calendar",
            required=True,
            metavar="NAME",
            help=say(sentence("{known}, or the path of a calendar file", known=known)),
        )
        parser.add_argument(
            "--start",
            required=True,
            metavar="ISO",
            help=say(sentence("date and time; without an offset it is the calendar's own")),
        )
        parser.add_argument(
            "--target",
            required=True,
            help=say(sentence("8h (working time), 12h-elapsed (day and night), 3bd (close of the 3rd working day)")),
        )
        parser.add_argument(
            "--pause",
            action="append",
            default=[],
            metavar="ISO/ISO",
            help=say(sentence("a time that does not count; may be given several times")),
        )
        parser.add_argument("--explain", action="store_true", help=say(sentence("name everything that counted")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print it."""
        working = find_calendar(arguments.calendar)
        start = read_instant(arguments.start, working.zone)
        pauses = [read_pause(text, working.zone) for text in arguments.pause]
        try:
            target = read_target(arguments.target)
            if pauses and target.basis is Basis.WORKING_DAYS:
                raise CommandRefused(sentence("a target in working days has no pauses"))
            deadline = due_at(working, start, target, pauses)
        except TargetRefused as refused:
            raise CommandRefused(refused.why) from refused
        except (OutOfReach, OverflowError) as error:
            raise CommandRefused(sentence("nothing is due within the years of this calendar")) from error
        answer = _answer(working, start, target, pauses, deadline, is_explained=arguments.explain)
        if arguments.json:
            terminal.json(answer.view())
        else:
            answer.tell(terminal)
        return Exit.DONE


COMMAND = Clock()


def _answer(
    working: WorkingTime,
    start: datetime,
    target: Target,
    pauses: Sequence[Pause],
    deadline: Deadline,
    *,
    is_explained: bool,
) -> Deduction:
    found = None
    if is_explained and deadline.due is not None:
        if deadline.due - start > EXPLAINABLE:
            raise CommandRefused(sentence("that is too far away to explain every interval"))
        found = explain(working, start, deadline.due, target.basis, pauses)
    warnings = warned_at(working, start, target, pauses)
    return Deduction(working, start, target, deadline, warnings, found)
