"""`sitewarden-collector agent revoke`."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.fleet.service import revoke_agent
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class AgentRevoke:
    """Refuse a server's key from now on."""

    name = "agent revoke"
    summary = sentence("refuse everything that an enrolled server sends from now on")
    examples = ("sitewarden-collector agent revoke a0123456789abcdef",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("id", metavar="ID", help=terminal.text(sentence("the agent, as `agent list` shows it")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Revoke it."""
        with opened(arguments, terminal) as parts:
            revoke_agent(parts.store, arguments.id, now=parts.now())
        terminal.say(sentence("{id} is revoked; a running collector refuses it within a second", id=arguments.id))
        return Exit.DONE


COMMAND = AgentRevoke()
