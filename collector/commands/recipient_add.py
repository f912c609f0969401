"""`sitewarden-collector recipient add`: send somebody mail."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.notify.model import LANGUAGES
from collector.notify.people import service
from collector.notify.people.service import WantedRecipient
from collector.notify.view import recipient_view
from collector.settings.reading import add_settings_argument
from collector.tickets.desk.model import NoticeKind
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
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument(
            "who", metavar="NAME", help=say(sentence("a short name: small letters, digits, dot, - and _"))
        )
        parser.add_argument("--mail", required=True, metavar="ADDRESS", help=say(sentence("where mail goes")))
        parser.add_argument("--language", default="en", choices=LANGUAGES, help=say(sentence("its language")))
        kinds = [kind.value for kind in NoticeKind]
        words = sentence("what is told: page, digest or customer; may be repeated (default: page and digest)")
        parser.add_argument("--kind", action="append", choices=kinds, help=say(words))
        words = sentence("this level and the worse ones (default 4: all)")
        parser.add_argument("--level", type=int, choices=[1, 2, 3, 4], default=4, help=say(words))
        words = sentence("only of this site; may be repeated")
        parser.add_argument("--site", action="append", default=[], metavar="ID", help=say(words))
        parser.add_argument(
            "--tz", default="UTC", help=say(sentence("time zone of the quiet hours, such as Asia/Seoul"))
        )
        words = sentence("hours in which digests wait, such as 22:00-07:00")
        parser.add_argument("--quiet", default="", metavar="HOURS", help=say(words))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and say so."""
        wanted = WantedRecipient(
            name=arguments.who,
            address=arguments.mail,
            language=arguments.language,
            kinds=tuple(dict.fromkeys(arguments.kind or WantedRecipient.kinds)),
            level=arguments.level,
            sites=tuple(dict.fromkeys(arguments.site)),
            zone=arguments.tz,
            quiet=arguments.quiet,
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
