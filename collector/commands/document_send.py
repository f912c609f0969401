"""`sitewarden-collector document send`."""

from __future__ import annotations

import argparse
from pathlib import Path

from collector.commands.opening import opened
from collector.relay.service import DocumentRefused, send
from collector.settings.reading import add_settings_argument
from terminal import CommandRefused, Exit, Terminal
from wire.documents.envelope import ENVELOPE_BYTES
from wire.sentence import sentence


class DocumentSend:
    """Queues signed documents; it cannot make one valid."""

    name = "document send"
    summary = sentence("relay a signed request, approval, decline or revocation to the hosts that it names")
    examples = ("sitewarden-collector document send request.json",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help=terminal.text(sentence("signed files")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Queue them."""
        with opened(arguments, terminal) as parts:
            for path in arguments.files:
                try:
                    with path.open("rb") as file:
                        found = send(parts.store, file.read(ENVELOPE_BYTES + 1), now=parts.now())
                except OSError as error:
                    words = sentence("{path} cannot be read: {problem}", path=path, problem=error.strerror)
                    raise CommandRefused(words) from error
                except DocumentRefused as refused:
                    raise CommandRefused(
                        sentence("{path}: {why}", path=path, why=refused.why), Exit.FAILED
                    ) from refused
                hosts = ", ".join(found.hosts)
                terminal.say(
                    sentence("{kind} {digest} goes to {hosts}", kind=found.kind, digest=found.about, hosts=hosts)
                )
        return Exit.DONE


COMMAND = DocumentSend()
