"""`sitewarden-collector user token-revoke`: end one API token."""

from __future__ import annotations

import argparse

from collector.auth import service
from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class UserTokenRevoke:
    """End a token at once."""

    name = "user token-revoke"
    summary = sentence("end one API token of a user at once")
    examples = ("sitewarden-collector user token-revoke robot 3f9a0c2e71b4",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("user", metavar="NAME", help=terminal.text(sentence("the user's name")))
        words = sentence("the token's id, as `user tokens` shows it")
        parser.add_argument("id", metavar="ID", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Revoke it."""
        with opened(arguments, terminal) as parts:
            service.revoke_token(parts.store, arguments.user, arguments.id)
        terminal.say(sentence("the token {id} of {name} has ended", id=arguments.id, name=arguments.user))
        return Exit.DONE


COMMAND = UserTokenRevoke()
