"""`sitewarden inspect`: what a document says, before anybody signs it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.commands.documents import describe, document_in, read_envelope, view
from deploy.desk.commands.keys import add_json_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class Inspect:
    """Shows a document; believes nothing of it."""

    name = "inspect"
    summary = sentence("show what a signed document says: kind, audience, window, signers")
    examples: Sequence[str] = ("sitewarden inspect restart.json",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_json_argument(parser, terminal)
        parser.add_argument("document", type=Path, metavar="DOCUMENT", help=terminal.text(sentence("the document")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 shown, 1 unknown kind or version, 2 no document at all."""
        envelope = read_envelope(arguments.document)
        document = document_in(envelope, arguments.document)
        if arguments.json:
            terminal.json(view(envelope, document))
        else:
            for words in describe(envelope, document):
                terminal.say(words)
        return Exit.DONE


COMMAND = Inspect()
