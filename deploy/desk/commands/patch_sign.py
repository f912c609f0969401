"""`sitewarden patch sign`: a key of the product's team vouches for a patch.

A patch has no signature of its own: its manifest becomes a target of the product's role, and the role is signed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.commands.keys import add_passphrase_argument, opened_key
from deploy.desk.commands.patches import add_bundle_argument, digest_of, opened_bundle, patch_refusals, progress
from deploy.desk.commands.repository import add_folder_argument, tell, workshop
from remediation.patch.bundle import Bundle
from remediation.patch.telling import describe
from remediation.trust.workshop import Workshop
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class PatchSign:
    """Every signer runs it with the same file; one that is not the same is refused."""

    name = "patch sign"
    summary = sentence(
        "vouch for a patch: its manifest becomes a target of the product's role, and this key signs the role"
    )
    examples: Sequence[str] = (
        "sitewarden patch sign vendor his-2.0.swpatch --key kim.key",
        "sitewarden patch sign vendor his-2.0.swpatch --key lee.key",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_folder_argument(parser, terminal)
        add_passphrase_argument(parser, terminal)
        words = sentence("the key file of the one who signs")
        parser.add_argument("--key", type=Path, required=True, metavar="FILE", help=terminal.text(words))
        add_bundle_argument(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when the key signed something, 1 when it may not."""
        bundle = opened_bundle(arguments.file)
        with patch_refusals():
            if (payload := bundle.payload()) is not None:
                payload.check_files(progress(terminal))
        if not arguments.json:
            for words in describe(bundle.manifest, digest_of(bundle)):
                terminal.say(words)
        key = opened_key(arguments.key, arguments, terminal)
        with workshop(arguments, terminal) as place:
            _add(place, bundle)
            signed = place.sign(key)
            if not signed:
                raise CommandRefused(sentence("this key may sign nothing that waits here"), Exit.FAILED)
            tell(place, arguments, terminal)
        return Exit.DONE


def _add(place: Workshop, bundle: Bundle) -> None:
    """Make it a target; one that is there stays, with the signatures that its role has."""
    digest = digest_of(bundle)
    published = place.digest_of(bundle.target, is_published=True)
    if published not in {None, digest}:
        words = sentence("{target} is published with another content: give the patch a new id", target=bundle.target)
        raise CommandRefused(words, Exit.FAILED)
    if place.digest_of(bundle.target, is_published=False) != digest:
        place.add(bundle.target, bundle.manifest_raw)


COMMAND = PatchSign()
