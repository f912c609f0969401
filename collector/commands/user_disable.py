"""`sitewarden-collector user disable`: shut an account; sessions, links and tokens end at once."""

from __future__ import annotations

import argparse

from collector.auth import service
from collector.commands.accounts import user_view
from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class UserDisable:
    """Disable an account."""

    name = "user disable"
    summary = sentence("disable a user; sessions, links and tokens end at once")
    examples = ("sitewarden-collector user disable jh",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("user", metavar="NAME", help=terminal.text(sentence("the user's name")))
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Change it and say so."""
        with opened(arguments, terminal) as parts:
            user = service.disable_user(parts.store, arguments.user, now=parts.now())
        if arguments.json:
            terminal.json(user_view(user))
        else:
            terminal.say(sentence("user {name} is disabled", name=user.name))
        return Exit.DONE


COMMAND = UserDisable()
