"""`sitewarden patch verify`: what a host would say of a patch, from the same root."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.app import now
from deploy.desk.commands.documents import read_file
from deploy.desk.commands.keys import add_json_argument
from deploy.desk.commands.patches import add_bundle_argument, digest_of, opened_bundle, patch_refusals, progress
from remediation.patch.vouching import check_vouched
from remediation.trust.published import FILE_BYTES
from terminal import Exit, Terminal
from wire.sentence import sentence


class PatchVerify:
    """Signatures from the root down, then the payload, then each file in it."""

    name = "patch verify"
    summary = sentence("check a published patch: signatures from a root down, its files, how long it holds")
    examples: Sequence[str] = ("sitewarden patch verify his-2.0.swpatch --root 1.root.json",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_json_argument(parser, terminal)
        words = sentence("a root that is trusted already, as the customer's hosts have it")
        parser.add_argument("--root", type=Path, required=True, metavar="FILE", help=terminal.text(words))
        add_bundle_argument(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when a host would take it now, 1 otherwise."""
        bundle = opened_bundle(arguments.file)
        with patch_refusals():
            voucher = check_vouched(bundle, read_file(arguments.root, FILE_BYTES), now())
            if (payload := bundle.payload()) is not None:
                payload.check_files(progress(terminal))
        digest = digest_of(bundle)
        if arguments.json:
            facts = {"id": bundle.manifest.id, "digest": digest, "expires": voucher.expires_at.isoformat()}
            terminal.json({**facts, "root": voucher.root_version, "for_sticks": voucher.is_for_sticks})
            return Exit.DONE
        terminal.say(sentence("{id}: the vendor vouches for it, and it is whole", id=bundle.manifest.id))
        terminal.say(sentence("digest: {digest}", digest=digest))
        terminal.say(sentence("holds until {date}", date=voucher.expires_at.date()))
        if not voucher.is_for_sticks:
            terminal.say(sentence("not for hosts without a network: the bundle key did not sign (--bundle-key)"))
        return Exit.DONE


COMMAND = PatchVerify()
