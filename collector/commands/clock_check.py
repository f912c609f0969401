"""`sitewarden-collector clock-check`: whether every open clock is what its history says."""

from __future__ import annotations

import argparse

import msgspec

from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from collector.tickets.clocks.model import Difference
from collector.tickets.clocks.passing import check
from terminal import Exit, Terminal
from wire.sentence import sentence


class ClockCheck:
    """Recompute all open clocks."""

    name = "clock-check"
    summary = sentence("compute every open clock again from its history and compare")
    examples = ("sitewarden-collector clock-check --json",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Compare; exit code 1 if anything differs."""
        count, found, after = 0, list[Difference](), 0
        with opened(arguments, terminal) as parts:
            while True:
                with parts.store.reading() as connection:
                    after, more, differing = check(connection, after, parts.now())
                count, found = count + more, [*found, *differing]
                if not after:
                    break
        if arguments.json:
            terminal.json({"clocks": count, "differences": msgspec.to_builtins(found)})
        else:
            terminal.say(sentence("{count} clocks compared, {found} differences", count=count, found=len(found)))
            for each in found:
                terminal.warn(
                    sentence(
                        "{number} {metric}, cycle {cycle}: {column} is {kept}, its history says {computed}",
                        **msgspec.to_builtins(each),
                    )
                )
        return Exit.FAILED if found else Exit.DONE


COMMAND = ClockCheck()
