"""`sitewarden logout`: the token ends at the collector, and is forgotten here."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from deploy.desk.app import config_folder
from deploy.desk.asking.account import drop_account
from deploy.desk.asking.console import UNKNOWN_TOKEN, ConsoleRefused
from deploy.desk.commands.asking import logged_in
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class Logout:
    """Forgets the token even where the collector cannot be reached, and says so."""

    name = "logout"
    summary = sentence("end the token of this command line")
    examples: Sequence[str] = ("sitewarden logout",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """No arguments."""

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:  # noqa: ARG002  # every command is called so
        """Revoke and forget."""
        try:
            with logged_in() as console:
                try:
                    console.post("/v1/logout", {})
                except ConsoleRefused as refused:
                    if refused.status != UNKNOWN_TOKEN:
                        raise
        except CommandRefused as refused:
            drop_account(config_folder())
            why = sentence("forgotten here, but not ended at the collector: {why}", why=refused.why)
            raise CommandRefused(why, Exit.FAILED) from refused
        drop_account(config_folder())
        terminal.say(sentence("logged out"))
        return Exit.DONE


COMMAND = Logout()
