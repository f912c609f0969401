"""`sitewarden-collector user list`: who may log in."""

from __future__ import annotations

import argparse

from collector.auth import service
from collector.commands.accounts import user_view
from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from collector.tickets.view import instant
from terminal import Exit, Terminal
from wire.sentence import sentence


class UserList:
    """List accounts."""

    name = "user list"
    summary = sentence("list the users of the console")
    examples = ("sitewarden-collector user list --json",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument(
            "--json", action="store_true", help=terminal.text(sentence("one JSON object for every user"))
        )

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """All of them by name."""
        with opened(arguments, terminal) as parts:
            users = service.list_users(parts.store)
        if arguments.json:
            for user in users:
                terminal.json(user_view(user))
            return Exit.DONE
        heads = [sentence("name"), sentence("language"), sentence("password"), sentence("disabled since (UTC)")]
        yes, no = terminal.text(sentence("yes")), terminal.text(sentence("no"))
        rows = [
            [user.name, user.language or "-", yes if user.password_hash else no, instant(user.disabled_at) or "-"]
            for user in users
        ]
        terminal.table(heads, rows)
        return Exit.DONE


COMMAND = UserList()
