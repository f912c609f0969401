"""`sitewarden key new`: a key file under a passphrase."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.app import new_salt, read_passphrase, type_passphrase
from deploy.desk.commands.key_show import tell_key
from deploy.desk.commands.keys import add_json_argument, add_passphrase_argument, refusals
from remediation.trust.key_file import write_key_file
from terminal import CommandRefused, Exit, Terminal
from wire.keys import generate_key
from wire.sentence import sentence


class KeyNew:
    """Makes a key; never overwrites one."""

    name = "key new"
    summary = sentence("make a key for signing, in a file of its own, under a passphrase")
    examples: Sequence[str] = ("sitewarden key new /media/safe/kim.key",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_json_argument(parser, terminal)
        group = parser.add_mutually_exclusive_group()
        add_passphrase_argument(group, terminal)  # type: ignore[arg-type]  # a group takes arguments like a parser
        words = sentence("no passphrase: for a machine that signs while nobody is there")
        group.add_argument("--no-passphrase", action="store_true", help=terminal.text(words))
        words = sentence("the file to write; the public key goes beside it, as FILE.pub")
        parser.add_argument("file", type=Path, metavar="FILE", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Ask twice, make the key, write it, show it."""
        passphrase = None if arguments.no_passphrase else _passphrase(arguments, terminal)
        key = generate_key()
        with refusals():
            write_key_file(arguments.file, key, passphrase=passphrase, salt=new_salt())
        tell_key(key.public_key(), arguments, terminal)
        return Exit.DONE


def _passphrase(arguments: argparse.Namespace, terminal: Terminal) -> str:
    if arguments.passphrase_stdin:
        return read_passphrase()
    first = type_passphrase(terminal.text(sentence("passphrase for {path}: ", path=arguments.file)))
    if type_passphrase(terminal.text(sentence("once more: "))) != first:
        raise CommandRefused(sentence("the two passphrases differ; nothing was written"))
    return first


COMMAND = KeyNew()
