"""`sitewarden-collector user token`: a new token for the API."""

from __future__ import annotations

import argparse
from datetime import timedelta

from collector.auth import service
from collector.commands.accounts import say_token
from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence

LABEL_CHARS = 64


class UserToken:
    """Print an API token."""

    name = "user token"
    summary = sentence("print a new API token of a user")
    examples = (
        "sitewarden-collector user token robot",
        "sitewarden-collector user token robot --days 7 --label nightly",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("user", metavar="NAME", help=terminal.text(sentence("the user's name")))
        words = sentence("how many days it holds (default: {days})", days=service.TOKEN.days)
        parser.add_argument("--days", type=int, default=service.TOKEN.days, metavar="N", help=terminal.text(words))
        words = sentence("where it will be used, to tell it apart later")
        parser.add_argument("--label", default="", metavar="TEXT", help=terminal.text(words))
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Make it and print it; it is not kept."""
        if not 1 <= arguments.days <= service.TOKEN_DAYS_MAX:
            raise CommandRefused(sentence("--days is from 1 to {most}", most=service.TOKEN_DAYS_MAX))
        with opened(arguments, terminal) as parts:
            token = service.make_api_token(
                parts.store,
                arguments.user,
                new_secret=parts.new_secret,
                now=parts.now(),
                valid=timedelta(days=arguments.days),
                label=arguments.label[:LABEL_CHARS],
            )
        if arguments.json:
            terminal.json({"name": arguments.user, "api_token": token})
        else:
            say_token(terminal, token)
        return Exit.DONE


COMMAND = UserToken()
