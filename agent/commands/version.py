"""`sitewarden-agent version`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from agent.release import VERSION
from terminal import Exit, Terminal
from wire.limits import PROTOCOL
from wire.sentence import sentence


class Version:
    """Tells which agent this is."""

    name = "version"
    summary = sentence("Print the version of this agent and of the protocol that it speaks.")
    examples: Sequence[str] = ("sitewarden-agent version",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """One flag."""
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print it."""
        if arguments.json:
            terminal.json({"version": VERSION, "protocol": PROTOCOL})
        else:
            terminal.say(
                sentence("Sitewarden agent {version}, protocol {protocol}", version=VERSION, protocol=PROTOCOL)
            )
        return Exit.DONE


COMMAND = Version()
