"""The person at the keyboard: their key file, their passphrase, their yes or no. Nothing of it is kept."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import Final

from remediation.trust.key_file import KeyFileRefused, open_key_file
from terminal import CommandRefused, Exit, Terminal
from wire.keys import Ed25519PrivateKey
from wire.sentence import Sentence, sentence

_YES: Final = frozenset({"y", "yes", "예", "네", "是"})


def add_key_arguments(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """Declare --key, --passphrase-stdin and --yes."""
    words = sentence("your key file; bring it on a stick, and do not leave it on this server")
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help=terminal.text(words))
    words = sentence("read the passphrase from the first line of standard input")
    parser.add_argument("--passphrase-stdin", action="store_true", help=terminal.text(words))
    add_yes_argument(parser, terminal)


def add_yes_argument(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """Declare --yes."""
    parser.add_argument("--yes", action="store_true", help=terminal.text(sentence("do not ask")))


def opened_key(arguments: argparse.Namespace, terminal: Terminal) -> Ed25519PrivateKey:
    """The private key that --key names."""

    def ask() -> str:
        if arguments.passphrase_stdin:
            return sys.stdin.readline().rstrip("\n")
        return getpass.getpass(terminal.text(sentence("passphrase of {path}: ", path=arguments.key)))

    try:
        return open_key_file(arguments.key, ask)
    except KeyFileRefused as refused:
        raise CommandRefused(refused.why, Exit.FAILED) from refused


def demand_yes(question: Sentence, arguments: argparse.Namespace, terminal: Terminal) -> None:
    """Go on only after a yes; anything else, and silence, is a no."""
    if arguments.yes:
        return
    terminal.warn(sentence("{question} [yes/no]", question=question))
    if sys.stdin.readline().strip().casefold() not in _YES:
        raise CommandRefused(sentence("nothing was done"), Exit.FAILED)
