"""`sitewarden-collector user tokens`: a user's API tokens."""

from __future__ import annotations

import argparse

from collector.auth import service
from collector.commands.opening import opened
from collector.settings.reading import add_settings_argument
from collector.tickets.view import instant
from terminal import Exit, Terminal
from wire.sentence import sentence


class UserTokens:
    """List the tokens that hold."""

    name = "user tokens"
    summary = sentence("list a user's API tokens, newest first")
    examples = ("sitewarden-collector user tokens robot",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("user", metavar="NAME", help=terminal.text(sentence("the user's name")))
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Show them; a token itself is kept nowhere."""
        with opened(arguments, terminal) as parts:
            found = service.list_tokens(parts.store, arguments.user, now=parts.now())
        rows = [[each.id, each.label, instant(each.created_at) or "", instant(each.expires_at) or ""] for each in found]
        if arguments.json:
            names = ("id", "label", "created_at", "expires_at")
            terminal.json([dict(zip(names, row, strict=True)) for row in rows])
        else:
            heads = [sentence("id"), sentence("use"), sentence("made (UTC)"), sentence("ends (UTC)")]
            terminal.table(heads, rows)
        return Exit.DONE


COMMAND = UserTokens()
