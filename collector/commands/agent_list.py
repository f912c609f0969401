"""`sitewarden-collector agent list`."""

from __future__ import annotations

import argparse
from datetime import datetime

from collector.commands.opening import opened
from collector.fleet import service
from collector.fleet.model import AgentLine
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import Sentence, sentence


class AgentList:
    """Show every enrolled server."""

    name = "agent list"
    summary = sentence("list the enrolled servers and when they were last seen")
    examples = ("sitewarden-collector agent list",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        words = sentence("one JSON object for every server")
        parser.add_argument("--json", action="store_true", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """List them."""
        with opened(arguments, terminal) as parts:
            agents = service.agents(parts.store)
        if arguments.json:
            for agent in agents:
                times = {name: _text(at) for name, at in vars(agent).items() if isinstance(at, datetime)}
                terminal.json({**vars(agent), **times, "state": _state(agent).id})
        else:
            heads = [sentence("agent"), sentence("site"), sentence("host"), sentence("last seen"), sentence("state")]
            rows = [
                [agent.id, agent.site_id, agent.hostname, _text(agent.last_seen_at), terminal.text(_state(agent))]
                for agent in agents
            ]
            terminal.table(heads, rows)
        return Exit.DONE


def _state(agent: AgentLine) -> Sentence:
    if agent.revoked_at is not None:
        return sentence("revoked")
    if agent.quarantined_at is not None:
        return sentence("quarantined")
    if agent.silent_since is not None:
        return sentence("silent")
    return sentence("never seen") if agent.last_seen_at is None else sentence("up")


def _text(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds")


COMMAND = AgentList()
