"""`sitewarden-agent patch list`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from agent.commands.patching import add_patch_arguments, attempts_of, line, settings_of, view
from terminal import Exit, Terminal
from wire.sentence import sentence


class PatchList:
    """What is installed, and what is under way."""

    name = "patch list"
    summary = sentence("List the patches that are installed on this server, and the one that is being applied.")
    examples: Sequence[str] = ("sudo sitewarden-agent patch list", "sudo sitewarden-agent patch list --json")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings."""
        add_patch_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """One line each."""
        attempts = attempts_of(settings_of(arguments, terminal))
        there = [each for each in attempts if each.is_installed or not each.is_over]
        if arguments.json:
            terminal.json({"patches": [view(each) for each in there]})
            return Exit.DONE
        for each in there:
            terminal.say(line(each))
        if not there:
            terminal.say(sentence("no patch is installed on this server"))
        return Exit.DONE


COMMAND = PatchList()
