"""`sitewarden-collector message list`: who was told what."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.commands.ticket_words import instant_text
from collector.notify.log import repository as rows
from collector.notify.log.repository import LIMIT_MAX, MessageFilter
from collector.notify.state import MessageState
from collector.notify.view import message_view
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class MessageList:
    """Who was told what."""

    name = "message list"
    summary = sentence("list who was told what, newest first")
    examples = ("sitewarden-collector message list --state dead", "sitewarden-collector message list --to kim --json")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        states = [state.value for state in MessageState]
        parser.add_argument("--state", choices=states, help=say(sentence("only in this state")))
        parser.add_argument("--to", metavar="NAME", help=say(sentence("only to this recipient or webhook")))
        parser.add_argument("--ticket", metavar="NUMBER", help=say(sentence("only about this ticket")))
        words = sentence("at most so many, up to {limit}", limit=LIMIT_MAX)
        parser.add_argument("--limit", type=int, default=100, metavar="N", help=say(words))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and say so."""
        wanted = MessageFilter(
            state=arguments.state,
            target=arguments.to,
            ticket=arguments.ticket,
            limit=max(1, min(arguments.limit, LIMIT_MAX)),
        )
        with opened(arguments, terminal) as parts, parts.store.reading() as connection:
            found = rows.list_messages(connection, wanted)
        if arguments.json:
            terminal.json({"messages": [message_view(each) for each in found]})
            return Exit.DONE
        heads = [
            sentence("number"),
            sentence("made (UTC)"),
            sentence("to"),
            sentence("kind"),
            sentence("state"),
            sentence("subject"),
        ]
        lines = [
            [str(each.id), instant_text(each.created_at), each.target, each.kind, each.state.value, each.subject]
            for each in found
        ]
        terminal.table(heads, lines)
        return Exit.DONE


COMMAND = MessageList()
