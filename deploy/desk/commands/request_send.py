"""`sitewarden request send`: documents that were signed before, through the collector's API."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.asking.console import text_in
from deploy.desk.commands.asking import logged_in, send
from deploy.desk.commands.documents import read_file, shown
from terminal import Exit, Terminal
from wire.sentence import sentence


class RequestSend:
    """A request from another day, or the approval that a customer sent as a file."""

    name = "request send"
    summary = sentence("send signed documents through the collector to the servers that they name")
    examples: Sequence[str] = ("sitewarden request send request.json", "sitewarden request send approval.json")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        words = sentence("signed requests, approvals, declines or revocations")
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Send each."""
        raws = [read_file(path) for path in arguments.files]
        with logged_in() as console:
            for raw in raws:
                found = send(console, raw)
                words = {name: shown(text_in(found, name)) for name in ("kind", "id")}
                hosts = ", ".join(str(host) for host in found.get("hosts", []))
                terminal.say(sentence("{kind} {id} goes to {hosts}", hosts=shown(hosts), **words))
        return Exit.DONE


COMMAND = RequestSend()
