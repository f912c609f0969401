"""`sitewarden catalogue compile`: the fast scanner's database for a catalogue, made ahead."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.logs.scan import SEVERITY
from agent.logs.scanner import databases, vector
from agent.logs.scanner.engines import EngineRefused
from agent.logs.scanner.needles import find_needles
from deploy.desk.commands.catalogue_files import usable_catalogue
from terminal import CommandRefused, Exit, Terminal
from wire.catalogue.model import Pattern
from wire.sentence import sentence


class CatalogueCompile:
    """Writes what an agent would otherwise make in a child at its first start with this catalogue."""

    name = "catalogue compile"
    summary = sentence("make the scanner's database of a catalogue ahead; it fits this processor and library")
    examples: Sequence[str] = ("sitewarden catalogue compile his.yaml databases",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        parser.add_argument("file", type=Path, metavar="FILE", help=terminal.text(sentence("the catalogue")))
        parser.add_argument("folder", type=Path, metavar="DIR", help=terminal.text(sentence("where to write")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 written, 1 this machine has no fast scanner or it refuses the catalogue."""
        catalogue = usable_catalogue(arguments.file, terminal)
        if not vector.is_available():
            raise CommandRefused(sentence("the fast scanner is not installed on this machine"), Exit.FAILED)
        patterns = [(rank, entry) for rank, (_, error) in enumerate(catalogue.codes()) for entry in error.match]
        severity = (sum(1 for _ in catalogue.codes()), Pattern(regex=SEVERITY))
        needles = find_needles([*patterns, severity])
        try:
            body = vector.make_database(needles)
            digest = databases.digest_of(vector.version(), vector.order(needles).expressions)
            arguments.folder.mkdir(parents=True, exist_ok=True)
            databases.write_database(arguments.folder, digest, body)
        except EngineRefused as error:
            words = sentence("the fast scanner refuses this catalogue: {reason}", reason=str(error))
            raise CommandRefused(words, Exit.FAILED) from error
        except OSError as error:
            reason = error.strerror or str(error)
            words = sentence("{path} cannot be written: {reason}", path=arguments.folder, reason=reason)
            raise CommandRefused(words, Exit.FAILED) from error
        terminal.say(sentence("{path}: {bytes} bytes", path=arguments.folder, bytes=len(body)))
        return Exit.DONE


COMMAND = CatalogueCompile()
