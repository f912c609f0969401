"""`sitewarden sign`: one more signature on a document. Needs no collector, and no network."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.commands.documents import describe, document_in, read_envelope, read_file, view
from deploy.desk.commands.keys import add_json_argument, add_passphrase_argument, opened_key
from remediation.durable import write_durably
from terminal import CommandRefused, Exit, Terminal
from wire.documents.envelope import Envelope, add_signature, encode_envelope
from wire.documents.model import Kind, payload_type
from wire.sentence import sentence

READABLE = 0o644


class Sign:
    """Shows what is signed, then signs exactly these bytes."""

    name = "sign"
    summary = sentence("sign a document, or the body of one, with a key file")
    examples: Sequence[str] = (
        "sitewarden sign --key kim.key --kind request body.json --out restart.json",
        "sitewarden sign --key lee.key restart.json",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_json_argument(parser, terminal)
        add_passphrase_argument(parser, terminal)
        words = sentence("the key file")
        parser.add_argument("--key", type=Path, required=True, metavar="FILE", help=terminal.text(words))
        words = sentence("DOCUMENT is a body of this kind, without an envelope: {kinds}", kinds=", ".join(Kind))
        parser.add_argument("--kind", type=Kind, metavar="KIND", help=terminal.text(words))
        words = sentence("where to write; without it a document is signed in its place")
        parser.add_argument("--out", type=Path, metavar="FILE", help=terminal.text(words))
        parser.add_argument("document", type=Path, metavar="DOCUMENT", help=terminal.text(sentence("the document")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Sign; a document of an unknown kind is not signed."""
        path: Path = arguments.document
        envelope = _envelope(path, arguments.kind)
        document = document_in(envelope, path)
        if arguments.kind and not arguments.out:
            raise CommandRefused(sentence("name the file for the signed document with --out"))
        if not arguments.json:
            for words in describe(envelope, document):
                terminal.say(words)
        signed = add_signature(envelope, opened_key(arguments.key, arguments, terminal))
        _write(arguments.out or path, signed)
        if arguments.json:
            terminal.json(view(signed, document))
        else:
            terminal.say(sentence("signed:   {path}", path=arguments.out or path))
        return Exit.DONE


def _envelope(path: Path, kind: Kind | None) -> Envelope:
    return read_envelope(path) if kind is None else Envelope(payload_type(kind), read_file(path), [])


def _write(path: Path, envelope: Envelope) -> None:
    try:
        write_durably(path, encode_envelope(envelope), mode=READABLE)
    except OSError as error:
        words = sentence("{path} cannot be written: {reason}", path=path, reason=error.strerror or str(error))
        raise CommandRefused(words, Exit.FAILED) from error


COMMAND = Sign()
