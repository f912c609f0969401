"""`sitewarden catalogue diff`: what a new version of a catalogue changes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.catalogues.differing import find_changes
from deploy.desk.commands.catalogue_files import usable_catalogue
from terminal import Exit, Terminal
from wire.sentence import sentence


class CatalogueDiff:
    """Codes added, removed, moved, changed, and samples that get another code."""

    name = "catalogue diff"
    summary = sentence("say what changes between two catalogues, and which samples get another code")
    examples: Sequence[str] = ("sitewarden catalogue diff his-5.2.yaml his-5.3.yaml",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("one JSON object")))
        parser.add_argument("old", type=Path, metavar="OLD", help=terminal.text(sentence("the catalogue as it was")))
        parser.add_argument(
            "new", type=Path, metavar="NEW", help=terminal.text(sentence("the catalogue as it is to be"))
        )

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 nothing that matters differs, 1 something does, 2 one of them is not usable."""
        old, new = usable_catalogue(arguments.old, terminal), usable_catalogue(arguments.new, terminal)
        changes = find_changes(old, new)
        if arguments.json:
            views = [{"kind": change.kind, "code": change.code, "words": str(change.words)} for change in changes]
            terminal.json({"changes": views})
        else:
            for change in changes:
                terminal.say(change.words)
            if not changes:
                terminal.say(sentence("no difference that matters"))
        return Exit.FAILED if changes else Exit.DONE


COMMAND = CatalogueDiff()
