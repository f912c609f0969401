"""`sitewarden-collector vendor load`: take over what `sitewarden repo publish` wrote."""

from __future__ import annotations

import argparse
from pathlib import Path

from collector.ingest.vendor_files import FOLDER
from collector.settings.reading import add_settings_argument, load_settings
from remediation.trust.copying import CopyRefused, copy_published
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class VendorLoad:
    """Copies files; a running collector serves them at once."""

    name = "vendor load"
    summary = sentence("take over the vendor's published repository, for agents to fetch")
    examples = ("sitewarden-collector vendor load /media/stick",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("one JSON object")))
        words = sentence("the folder that `sitewarden repo publish` wrote")
        parser.add_argument("folder", type=Path, metavar="DIR", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Copy it."""
        settings = load_settings(arguments.settings, terminal)
        try:
            version = copy_published(arguments.folder, Path(settings.state) / FOLDER)
        except CopyRefused as refused:
            raise CommandRefused(refused.why, Exit.FAILED) from refused
        if arguments.json:
            terminal.json({"timestamp": version})
        else:
            words = sentence("the vendor's repository is served, timestamp version {version}", version=version)
            terminal.say(words)
        return Exit.DONE


COMMAND = VendorLoad()
