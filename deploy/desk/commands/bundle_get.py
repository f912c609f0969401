"""`sitewarden bundle get`: fetches the support bundles that customers released for a ticket."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.desk.asking.console import Console, ConsoleRefused, text_in
from deploy.desk.commands.asking import in_path, logged_in
from deploy.desk.commands.documents import shown
from remediation.durable import write_durably
from terminal import CommandRefused, Exit, Terminal
from wire.bundle import BUNDLE_BYTES
from wire.sentence import sentence


class BundleGet:
    """Writes each as a file, after its SHA-256 was compared."""

    name = "bundle get"
    summary = sentence("fetch the support bundles of a ticket that the customer has released")
    examples: Sequence[str] = ("sitewarden bundle get T-2026-000017", "sitewarden bundle get T-2026-000017 --out /tmp")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        parser.add_argument("ticket", metavar="TICKET", help=terminal.text(sentence("the ticket's number")))
        words = sentence("the folder for the files (default: this one)")
        parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when something was fetched, 1 when nothing is there yet."""
        with logged_in() as console:
            said = console.get(f"/v1/tickets/{in_path(arguments.ticket)}/bundles")
            listed = said.get("bundles", []) if isinstance(said, dict) else []
            stored = [each for each in listed if isinstance(each, dict) and each.get("is_stored") is True]
            for each in stored:
                path = _fetch(console, each, arguments.out)
                terminal.say(sentence("{path}", path=path))
        if not stored:
            terminal.warn(sentence("no bundle of this ticket was released and sent yet"))
        return Exit.DONE if stored else Exit.FAILED


def _fetch(console: Console, each: dict[str, Any], folder: Path) -> Path:
    request, agent, sha256 = (text_in(each, name) for name in ("request", "agent", "sha256"))
    content = console.fetch(f"/v1/requests/{in_path(request)}/bundles/{in_path(agent)}", BUNDLE_BYTES)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ConsoleRefused(sentence("the bundle {sha256} came with other content", sha256=shown(sha256)))
    path = folder / f"bundle-{hashlib.sha256(content).hexdigest()[:16]}.tar.zst"
    try:
        write_durably(path, content)
    except OSError as error:
        words = sentence("{path} cannot be written: {reason}", path=path, reason=error.strerror or str(error))
        raise CommandRefused(words, Exit.FAILED) from error
    return path


COMMAND = BundleGet()
