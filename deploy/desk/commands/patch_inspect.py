"""`sitewarden patch inspect`: what a patch will change, and what nobody can take back."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from deploy.desk.commands.keys import add_json_argument
from deploy.desk.commands.patches import add_bundle_argument, digest_of, opened_bundle
from remediation.patch.telling import describe, view
from terminal import Exit, Terminal
from wire.sentence import sentence


class PatchInspect:
    """Shows a patch; believes nothing of it."""

    name = "patch inspect"
    summary = sentence("show what a patch will change, and what of it cannot be taken back; no signature is checked")
    examples: Sequence[str] = (
        "sitewarden patch inspect his-2.0.swpatch",
        "sitewarden patch inspect --all his-2.0.swpatch",
        "sitewarden patch inspect --json his-2.0.swpatch",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_json_argument(parser, terminal)
        words = sentence("every file and every statement")
        parser.add_argument("--all", action="store_true", help=terminal.text(words))
        add_bundle_argument(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 shown, 1 no patch, or one that every host would refuse."""
        bundle = opened_bundle(arguments.file)
        digest = digest_of(bundle)
        if arguments.json:
            terminal.json({**view(bundle.manifest, digest), "published": sorted(bundle.published)})
            return Exit.DONE
        for words in describe(bundle.manifest, digest, everything=arguments.all):
            terminal.say(words)
        if not bundle.published:
            terminal.say(sentence("not published: nobody vouches for it yet"))
        return Exit.DONE


COMMAND = PatchInspect()
