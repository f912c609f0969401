"""`sitewarden repo sign`: one more signature on every draft that this key may sign."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.commands.keys import add_passphrase_argument, opened_key
from deploy.desk.commands.repository import add_folder_argument, tell, workshop
from terminal import CommandRefused, Exit, Terminal
from wire.keys import key_id, public_bytes
from wire.sentence import sentence


class RepoSign:
    """One step of the ceremony; each key on its own machine, if need be."""

    name = "repo sign"
    summary = sentence("sign the drafts that this key may sign; the others sign after it, here or elsewhere")
    examples: Sequence[str] = ("sitewarden repo sign vendor --key /media/safe/kim.key",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_folder_argument(parser, terminal)
        add_passphrase_argument(parser, terminal)
        words = sentence("the key file")
        parser.add_argument("--key", type=Path, required=True, metavar="FILE", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Sign and show what is still missing."""
        with workshop(arguments, terminal) as place:
            key = opened_key(arguments.key, arguments, terminal)
            signed = place.sign(key)
            if not signed:
                name = key_id(public_bytes(key))
                raise CommandRefused(sentence("no draft waits for the key {key}", key=name), Exit.FAILED)
            if not arguments.json:
                terminal.say(sentence("signed: {roles}", roles=", ".join(signed)))
            tell(place, arguments, terminal)
        return Exit.DONE


COMMAND = RepoSign()
