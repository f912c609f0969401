"""`sitewarden-collector recipient add`: send somebody mail."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.commands.recipient_words import add_recipient_arguments
from collector.notify.people import service
from collector.notify.people.service import WantedRecipient
from collector.notify.view import recipient_view
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class RecipientAdd:
    """Send somebody mail."""

    name = "recipient add"
    summary = sentence("tell somebody by mail what happens")
    examples = (
        "sitewarden-collector recipient add kim --mail kim@example.com --language ko --quiet 22:00-07:00",
        "sitewarden-collector recipient add ward --mail it@hospital.example --kind customer --site seoul",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        words = sentence("a short name: small letters, digits, dot, - and _")
        parser.add_argument("who", metavar="NAME", help=terminal.text(words))
        add_recipient_arguments(parser, terminal, is_new=True)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and say so."""
        wanted = WantedRecipient(
            name=arguments.who,
            address=arguments.mail,
            language=arguments.language or WantedRecipient.language,
            kinds=tuple(dict.fromkeys(arguments.kind or WantedRecipient.kinds)),
            level=arguments.level or WantedRecipient.level,
            sites=tuple(dict.fromkeys(arguments.site)),
            zone=arguments.tz or WantedRecipient.zone,
            quiet=arguments.quiet or "",
        )
        with opened(arguments, terminal) as parts:
            made = service.add_recipient(parts, wanted)
        if arguments.json:
            terminal.json(recipient_view(made))
        else:
            terminal.say(sentence("recipient {name} was made", name=made.name))
        if parts.settings.mail is None:
            terminal.warn(sentence("the settings name no mail server yet: mails wait until there is a section `mail`"))
        return Exit.DONE


COMMAND = RecipientAdd()
