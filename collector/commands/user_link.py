"""`sitewarden-collector user link`: a new one-time login link."""

from __future__ import annotations

import argparse

from collector.auth import service
from collector.commands.accounts import link_view, say_link
from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class UserLink:
    """Print a login link."""

    name = "user link"
    summary = sentence("print a new one-time login link of a user")
    examples = ("sitewarden-collector user link jh",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("user", metavar="NAME", help=terminal.text(sentence("the user's name")))
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Make it and print it."""
        with opened(arguments, terminal) as parts:
            at = parts.now()
            secret = service.make_login_link(parts.store, arguments.user, new_secret=parts.new_secret, now=at)
        if arguments.json:
            terminal.json({"name": arguments.user, **link_view(parts.settings, secret, at)})
        else:
            say_link(terminal, parts.settings, secret)
        return Exit.DONE


COMMAND = UserLink()
