"""`sitewarden whoami`: where this user is logged in, as the collector says."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from deploy.desk.app import config_folder, now
from deploy.desk.asking.account import load_account
from deploy.desk.asking.console import text_in
from deploy.desk.commands.asking import logged_in
from deploy.desk.commands.keys import add_json_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class Whoami:
    """Asks the collector, so that a revoked token shows."""

    name = "whoami"
    summary = sentence("say where you are logged in, as whom, and until when")
    examples: Sequence[str] = ("sitewarden whoami", "sitewarden whoami --json")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_json_argument(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Ask and tell."""
        with logged_in() as console:
            name = text_in(console.get("/v1/me"), "name")
            account = load_account(config_folder(), now())
        until = account.expires_at.isoformat(timespec="minutes")
        if arguments.json:
            terminal.json({"address": account.address, "name": name, "expires_at": until})
        else:
            words = sentence("{name} at {address}, until {until}", name=name, address=account.address, until=until)
            terminal.say(words)
        return Exit.DONE


COMMAND = Whoami()
