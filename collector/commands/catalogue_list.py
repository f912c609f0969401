"""`sitewarden-collector catalogue list`."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.fleet import service
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class CatalogueList:
    """Show the catalogues in use."""

    name = "catalogue list"
    summary = sentence("list the catalogues in use")
    examples = ("sitewarden-collector catalogue list",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        words = sentence("one JSON object for every catalogue")
        parser.add_argument("--json", action="store_true", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """List them."""
        with opened(arguments, terminal) as parts:
            found = service.catalogues(parts.store)
        rows = [
            (catalogue.product, catalogue.version, len(list(catalogue.codes())), at.isoformat(timespec="seconds"))
            for catalogue, at in found
        ]
        if arguments.json:
            for row in rows:
                terminal.json(dict(zip(("product", "version", "codes", "imported_at"), row, strict=True)))
        else:
            heads = [sentence("product"), sentence("version"), sentence("codes"), sentence("imported")]
            terminal.table(heads, [[str(cell) for cell in row] for row in rows])
        return Exit.DONE


COMMAND = CatalogueList()
