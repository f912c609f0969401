"""`sitewarden-collector recipient change`: send somebody mail elsewhere, or about something else."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from collector.commands.opening import opened
from collector.commands.recipient_words import add_recipient_arguments
from collector.notify.people import service
from collector.notify.view import recipient_view
from collector.settings.reading import add_settings_argument
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class RecipientChange:
    """Change what is said of a recipient."""

    name = "recipient change"
    summary = sentence("change a recipient; what is not named stays as it is")
    examples = (
        "sitewarden-collector recipient change kim --mail kim@hospital.example --quiet ''",
        "sitewarden-collector recipient change kim --kind page --level 2 --all-sites",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("who", metavar="NAME", help=terminal.text(sentence("the recipient's name")))
        add_recipient_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and say so."""
        changes = _changes(arguments)
        if not changes:
            raise CommandRefused(sentence("nothing to change; see --help for what can be"))
        with opened(arguments, terminal) as parts:
            wanted = service.wanted_of(service.find_recipient(parts, arguments.who))
            made = service.change_recipient(parts, replace(wanted, **changes))
        if arguments.json:
            terminal.json(recipient_view(made))
        else:
            terminal.say(sentence("recipient {name} was changed", name=made.name))
        return Exit.DONE


COMMAND = RecipientChange()


def _changes(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """What was typed; an empty text is a value too, nothing is none."""
    typed: dict[str, Any] = {
        "address": arguments.mail,
        "language": arguments.language,
        "kinds": tuple(dict.fromkeys(arguments.kind)) or None,
        "level": arguments.level,
        "sites": () if arguments.all_sites else tuple(dict.fromkeys(arguments.site)) or None,
        "zone": arguments.tz,
        "quiet": arguments.quiet,
    }
    return {name: value for name, value in typed.items() if value is not None}
