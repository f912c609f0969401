"""`sitewarden patch publish`: the repository with the patch in force, and the patch as one file for hosts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.app import now
from deploy.desk.commands.keys import add_passphrase_argument, opened_key
from deploy.desk.commands.patches import add_bundle_argument, digest_of, opened_bundle, patch_refusals
from deploy.desk.commands.repository import add_folder_argument, workshop
from deploy.desk.patches.sealing import seal
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class PatchPublish:
    """What is not fully signed is refused before anything is written."""

    name = "patch publish"
    summary = sentence("publish a signed patch: the repository, and patches/DIGEST.swpatch for collectors and sticks")
    examples: Sequence[str] = (
        "sitewarden patch publish vendor his-2.0.swpatch published --online-key online.key",
        "sitewarden patch publish vendor his-2.0.swpatch published --online-key online.key --bundle-key bundle.key",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_folder_argument(parser, terminal)
        add_passphrase_argument(parser, terminal)
        words = sentence("the key file for snapshot and timestamp")
        parser.add_argument("--online-key", type=Path, required=True, metavar="FILE", help=terminal.text(words))
        words = sentence("the key file of the bundle role: the patch holds a year, also for hosts without a network")
        parser.add_argument("--bundle-key", type=Path, metavar="FILE", help=terminal.text(words))
        add_bundle_argument(parser, terminal)
        words = sentence("the folder to write; publishing again into it adds to it")
        parser.add_argument("out", type=Path, metavar="OUT", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Publish; the path of the patch for hosts."""
        bundle = opened_bundle(arguments.file)
        with patch_refusals():
            if (payload := bundle.payload()) is not None:
                payload.check()
        with workshop(arguments, terminal) as place:
            if place.digest_of(bundle.target, is_published=False) != digest_of(bundle):
                raise CommandRefused(sentence("nobody has signed this patch yet: `patch sign` first"), Exit.FAILED)
            place.publish(arguments.out, opened_key(arguments.online_key, arguments, terminal))
            if arguments.bundle_key is not None:
                place.bundle(arguments.out, opened_key(arguments.bundle_key, arguments, terminal))
        with patch_refusals():
            path = seal(bundle, arguments.out, now())
        if arguments.json:
            terminal.json({"out": str(path), "id": bundle.manifest.id, "digest": digest_of(bundle)})
        else:
            terminal.say(sentence("{path}: published, for collectors and sticks", path=path))
        return Exit.DONE


COMMAND = PatchPublish()
