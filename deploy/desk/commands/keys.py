"""What every command that touches a key begins with: finding the file, asking for the passphrase."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.desk.app import read_passphrase, type_passphrase
from remediation.trust.key_file import KeyFileRefused, open_key_file, read_public_key
from terminal import CommandRefused, Exit, Terminal
from wire.keys import Ed25519PrivateKey, Ed25519PublicKey
from wire.sentence import sentence


def add_passphrase_argument(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """`--passphrase-stdin`."""
    words = sentence("read the passphrase from standard input, one line, instead of asking for it")
    parser.add_argument("--passphrase-stdin", action="store_true", help=terminal.text(words))


def add_json_argument(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help=terminal.text(sentence("one JSON object")))


@contextmanager
def refusals() -> Iterator[None]:
    """A key file that cannot be used becomes a refused command."""
    try:
        yield
    except KeyFileRefused as refused:
        raise CommandRefused(refused.why, Exit.FAILED) from refused


def opened_key(path: Path, arguments: argparse.Namespace, terminal: Terminal) -> Ed25519PrivateKey:
    """The private key in `path`."""

    def ask() -> str:
        if arguments.passphrase_stdin:
            return read_passphrase()
        return type_passphrase(terminal.text(sentence("passphrase of {path}: ", path=path)))

    with refusals():
        return open_key_file(path, ask)


def public_keys(names: Iterable[str]) -> list[Ed25519PublicKey]:
    """Public keys as a person names them: .pub files or base64."""
    with refusals():
        return [read_public_key(name) for name in names]
