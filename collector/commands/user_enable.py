"""`sitewarden-collector user enable`: open an account again."""

from __future__ import annotations

import argparse

from collector.auth import service
from collector.commands.accounts import user_view
from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class UserEnable:
    """Enable an account."""

    name = "user enable"
    summary = sentence("enable a disabled user")
    examples = ("sitewarden-collector user enable jh",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("user", metavar="NAME", help=terminal.text(sentence("the user's name")))
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Change it and say so."""
        with opened(arguments, terminal) as parts:
            user = service.enable_user(parts.store, arguments.user)
        if arguments.json:
            terminal.json(user_view(user))
        else:
            terminal.say(sentence("user {name} is enabled", name=user.name))
        return Exit.DONE


COMMAND = UserEnable()
