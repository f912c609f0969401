"""`sitewarden-collector user add`: make an account. The first one is made here too; there is no set-up page."""

from __future__ import annotations

import argparse
import getpass
import sys

from collector.auth import service
from collector.commands.accounts import link_view, say_link, say_token, user_view
from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class UserAdd:
    """Make an account."""

    name = "user add"
    summary = sentence("make a user of the console")
    examples = (
        "sitewarden-collector user add jh --login-link",
        "sitewarden-collector user add robot --api-token --json",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("user", metavar="NAME", help=say(sentence("the user's name")))
        parser.add_argument(
            "--password-stdin", action="store_true", help=say(sentence("read the password from standard input"))
        )
        parser.add_argument(
            "--language",
            choices=service.LANGUAGES[1:],
            default="",
            help=say(sentence("the console's language (default: as the browser asks)")),
        )
        parser.add_argument("--login-link", action="store_true", help=say(sentence("print a one-time login link")))
        parser.add_argument("--api-token", action="store_true", help=say(sentence("print a token for the API")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Make the account, then what was asked for it."""
        password = _password(arguments, terminal)
        with opened(arguments, terminal) as parts:
            at = parts.now()
            user = service.add_user(
                parts.store,
                arguments.user,
                password=password,
                language=arguments.language,
                new_secret=parts.new_secret,
                now=at,
            )
            link = token = None
            if arguments.login_link:
                link = service.make_login_link(parts.store, user.name, new_secret=parts.new_secret, now=at)
            if arguments.api_token:
                token = service.make_api_token(parts.store, user.name, new_secret=parts.new_secret, now=at)
        if arguments.json:
            shown = {} if link is None else link_view(parts.settings, link, at)
            terminal.json({**user_view(user), **shown, **({} if token is None else {"api_token": token})})
            return Exit.DONE
        terminal.say(sentence("user {name} was made", name=user.name))
        if link is not None:
            say_link(terminal, parts.settings, link)
        if token is not None:
            say_token(terminal, token)
        return Exit.DONE


def _password(arguments: argparse.Namespace, terminal: Terminal) -> str | None:
    """From standard input, from the person at the terminal, or none when a link or token is enough."""
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if arguments.login_link or arguments.api_token:
        return None
    if not sys.stdin.isatty():
        raise CommandRefused(
            sentence(
                "without a terminal give --password-stdin, --login-link or --api-token, so that somebody can enter"
            )
        )
    password = getpass.getpass(terminal.text(sentence("password: ")))
    if getpass.getpass(terminal.text(sentence("the same again: "))) != password:
        raise CommandRefused(sentence("the two are not equal"))
    return password


COMMAND = UserAdd()
