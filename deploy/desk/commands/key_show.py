"""`sitewarden key show`: whose key a file holds, without opening it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from deploy.desk.commands.keys import add_json_argument, public_keys
from remediation.trust.key_file import short_name
from terminal import Exit, Terminal
from wire.keys import Ed25519PublicKey, key_id, public_bytes, public_text
from wire.sentence import sentence


class KeyShow:
    """Shows the public half; asks for no passphrase."""

    name = "key show"
    summary = sentence("show the id, the public key and the short name of a key")
    examples: Sequence[str] = ("sitewarden key show kim.key", "sitewarden key show kim.key.pub --json")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_json_argument(parser, terminal)
        words = sentence("a key file, its .pub file, or a public key in base64")
        parser.add_argument("file", metavar="FILE", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Show it."""
        (key,) = public_keys([arguments.file])
        tell_key(key, arguments, terminal)
        return Exit.DONE


def tell_key(key: Ed25519PublicKey, arguments: argparse.Namespace, terminal: Terminal) -> None:
    """Id, public key and short name."""
    facts = {"id": key_id(public_bytes(key)), "public": public_text(key), "short": short_name(key)}
    if arguments.json:
        terminal.json(facts)
        return
    terminal.say(sentence("id:         {id}", **facts))
    terminal.say(sentence("public key: {public}", **facts))
    terminal.say(sentence("short name: {short}", **facts))


COMMAND = KeyShow()
