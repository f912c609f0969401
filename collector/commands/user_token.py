"""`sitewarden-collector user token`: a new token for the API."""

from __future__ import annotations

import argparse

from collector.auth import service
from collector.commands.accounts import say_token
from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class UserToken:
    """Print an API token."""

    name = "user token"
    summary = sentence("print a new API token of a user")
    examples = ("sitewarden-collector user token robot",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("user", metavar="NAME", help=terminal.text(sentence("the user's name")))
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Make it and print it; it is not kept."""
        with opened(arguments, terminal) as parts:
            token = service.make_api_token(parts.store, arguments.user, new_secret=parts.new_secret, now=parts.now())
        if arguments.json:
            terminal.json({"name": arguments.user, "api_token": token})
        else:
            say_token(terminal, token)
        return Exit.DONE


COMMAND = UserToken()
