"""`sitewarden-collector vendor load`: take over what `sitewarden repo publish` and `patch publish` wrote."""

from __future__ import annotations

import argparse
from pathlib import Path

from collector.ingest.vendor_files import FOLDER
from collector.settings.reading import add_settings_argument, load_settings
from remediation.patch.errors import PatchRefused
from remediation.patch.shelving import copy_patches
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
        words = sentence("the folder that `sitewarden repo publish` or `patch publish` wrote")
        parser.add_argument("folder", type=Path, metavar="DIR", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Copy it."""
        settings = load_settings(arguments.settings, terminal)
        target = Path(settings.state) / FOLDER
        try:
            patches = copy_patches(arguments.folder, target)  # first: what is announced can be fetched
            version = copy_published(arguments.folder, target)
        except (CopyRefused, PatchRefused) as refused:
            raise CommandRefused(refused.why, Exit.FAILED) from refused
        except OSError as error:
            words = sentence("{path} cannot be taken over: {problem}", path=arguments.folder, problem=str(error))
            raise CommandRefused(words, Exit.FAILED) from error
        if arguments.json:
            terminal.json({"timestamp": version, "patches": patches})
        else:
            words = sentence("the vendor's repository is served, timestamp version {version}", version=version)
            terminal.say(words)
            if patches:
                terminal.say(sentence("with the files of {count} patches", count=patches))
        return Exit.DONE


COMMAND = VendorLoad()
