"""`sitewarden catalogue export`: a catalogue for people who keep it in a spreadsheet."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.catalogues.sheet import SheetRefused, to_rows
from deploy.desk.catalogues.tables import write_csv, write_xlsx
from deploy.desk.commands.catalogue_files import usable_catalogue, write_file
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class CatalogueExport:
    """Reads YAML, writes CSV or XLSX; comments of the YAML file stay behind."""

    name = "catalogue export"
    summary = sentence("write a catalogue as a spreadsheet (CSV or XLSX); import gives the same catalogue back")
    examples: Sequence[str] = ("sitewarden catalogue export his.yaml -o codes.xlsx",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        parser.add_argument("file", type=Path, metavar="FILE", help=terminal.text(sentence("the catalogue")))
        words = sentence("the spreadsheet to write: .csv or .xlsx")
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="SHEET", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 written."""
        catalogue = usable_catalogue(arguments.file, terminal)
        write = write_xlsx if arguments.output.suffix.lower() == ".xlsx" else write_csv
        try:
            content = write(to_rows(catalogue))
        except SheetRefused as refused:
            raise CommandRefused(refused.problems[0], Exit.FAILED) from refused
        write_file(arguments.output, content)
        count = sum(1 for _ in catalogue.codes())
        terminal.say(sentence("{path}: {count} codes", path=arguments.output, count=count))
        return Exit.DONE


COMMAND = CatalogueExport()
