"""`sitewarden-collector message show`: one message and what became of it."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.commands.ticket_words import instant_text
from collector.notify.log import repository as rows
from collector.notify.view import whole_message_view
from collector.settings.reading import add_settings_argument
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class MessageShow:
    """One message and what became of it."""

    name = "message show"
    summary = sentence("show a message, and every try to deliver it")
    examples = ("sitewarden-collector message show 17",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("number", type=int, metavar="NUMBER", help=say(sentence("the message's number")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and say so."""
        with opened(arguments, terminal) as parts, parts.store.reading() as connection:
            found = rows.find_message(connection, arguments.number)
            if found is None:
                raise CommandRefused(sentence("there is no message {number}", number=arguments.number))
            attempts = rows.attempts_of(connection, arguments.number)
        record, body = found
        if arguments.json:
            terminal.json(whole_message_view(record, body, attempts))
            return Exit.DONE
        heading = sentence(
            "message {number} to {name}: {state}", number=record.id, name=record.target, state=record.state.value
        )
        terminal.say(heading)
        terminal.say(sentence("{text}", text=f"{record.subject}\n\n{body}"))
        heads = [sentence("time (UTC)"), sentence("event"), sentence("answer"), sentence("by"), sentence("detail")]
        lines = [
            [instant_text(each.at), each.event, str(each.status or "-"), each.actor, each.detail] for each in attempts
        ]
        terminal.table(heads, lines)
        return Exit.DONE


COMMAND = MessageShow()
