"""`sitewarden-collector agent release`."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.fleet.lives.service import release
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class AgentRelease:
    """End the quarantine of a server whose copy is gone."""

    name = "agent release"
    summary = sentence("end the quarantine of a server whose identity two machines have used")
    examples = ("sitewarden-collector agent release a0123456789abcdef",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("id", metavar="ID", help=terminal.text(sentence("the agent, as `agent list` shows it")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Release it."""
        with opened(arguments, terminal) as parts:
            release(parts.store, arguments.id)
        terminal.say(
            sentence("{id} is sent documents again; enrol the other machine anew before it comes back", id=arguments.id)
        )
        return Exit.DONE


COMMAND = AgentRelease()
