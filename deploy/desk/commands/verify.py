"""`sitewarden verify`: whether these keys signed exactly this document."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.commands.documents import document_in, read_envelope, view
from deploy.desk.commands.keys import add_json_argument, public_keys
from terminal import Exit, Terminal
from wire.documents.envelope import signers
from wire.keys import key_id, public_bytes
from wire.sentence import sentence


class Verify:
    """Checks signatures against named keys; whether they may sign this is for the host to say."""

    name = "verify"
    summary = sentence("check that a document is signed by these keys")
    examples: Sequence[str] = ("sitewarden verify --key kim.key.pub --key lee.key.pub restart.json",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_json_argument(parser, terminal)
        words = sentence("a public key: a .pub file or base64; once for each key that must have signed")
        parser.add_argument("--key", action="append", required=True, metavar="PUB", help=terminal.text(words))
        parser.add_argument("document", type=Path, metavar="DOCUMENT", help=terminal.text(sentence("the document")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when every named key signed it, 1 when one did not."""
        envelope = read_envelope(arguments.document)
        keys = {key_id(public_bytes(key)): key for key in public_keys(arguments.key)}
        found = signers(envelope, keys)
        document = document_in(envelope, arguments.document)
        if arguments.json:
            terminal.json({**view(envelope, document), "valid": sorted(found), "missing": sorted(set(keys) - found)})
        else:
            for name in sorted(keys):
                held = sentence("{key}: signed", key=name)
                terminal.say(held if name in found else sentence("{key}: NO VALID SIGNATURE", key=name))
        return Exit.DONE if found == set(keys) else Exit.FAILED


COMMAND = Verify()
