"""`sitewarden-collector catalogue add`: take a catalogue of error codes into use."""

from __future__ import annotations

import argparse
from pathlib import Path

from collector.commands.opening import opened
from collector.fleet.service import import_catalogue
from collector.settings.reading import add_settings_argument
from collector.unknowns.service import recognise
from terminal import CommandRefused, Exit, Terminal
from wire.catalogue.model import Catalogue
from wire.catalogue.reading import read_catalogue
from wire.errors import Fault, TextRefused
from wire.sentence import sentence


class CatalogueAdd:
    """Import a catalogue file."""

    name = "catalogue add"
    summary = sentence("take a catalogue of error codes into use, in place of an older one of its product")
    examples = ("sitewarden-collector catalogue add clinic.yaml",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("file", type=Path, metavar="FILE", help=terminal.text(sentence("the catalogue")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Check it, then store it."""
        catalogue = _read(arguments.file, terminal)
        with opened(arguments, terminal) as parts:
            import_catalogue(parts.store, catalogue, now=parts.now())
            recognised = recognise(parts.store, catalogue, now=parts.now())
        facts = {"product": catalogue.product, "version": catalogue.version, "count": len(list(catalogue.codes()))}
        terminal.say(sentence("{product} {version} with {count} codes is in use", **facts))
        if recognised:
            terminal.say(sentence("{count} unknown errors have a code now", count=recognised))
        return Exit.DONE


def _read(path: Path, terminal: Terminal) -> Catalogue:
    try:
        catalogue, warnings = read_catalogue(path.read_bytes())
    except OSError as error:
        why = sentence("the catalogue {path} cannot be read: {problem}", path=path, problem=error.strerror)
        raise CommandRefused(why) from error
    except TextRefused as refused:
        _tell(path, refused.faults, terminal)
        raise CommandRefused(sentence("the catalogue {path} is not usable", path=path)) from refused
    _tell(path, warnings, terminal)
    return catalogue


def _tell(path: Path, faults: list[Fault], terminal: Terminal) -> None:
    for fault in faults:
        place = {"path": path, "line": fault.line, "column": fault.column, "problem": fault.problem}
        terminal.warn(sentence("{path}:{line}:{column}: {problem}", **place))


COMMAND = CatalogueAdd()
