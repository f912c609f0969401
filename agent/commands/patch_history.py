"""`sitewarden-agent patch history`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from agent.commands.patching import add_patch_arguments, attempts_of, line, settings_of, view
from terminal import Exit, Terminal
from wire.sentence import sentence


class PatchHistory:
    """Every attempt there ever was, with why it failed."""

    name = "patch history"
    summary = sentence("Show every patch that this server has ever begun, how it ended and why.")
    examples: Sequence[str] = ("sudo sitewarden-agent patch history",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings."""
        add_patch_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """One line each, the oldest first."""
        attempts = attempts_of(settings_of(arguments, terminal))
        if arguments.json:
            terminal.json({"attempts": [view(each) for each in attempts]})
            return Exit.DONE
        for each in attempts:
            terminal.say(line(each))
        if not attempts:
            terminal.say(sentence("this server has never begun a patch"))
        return Exit.DONE


COMMAND = PatchHistory()
