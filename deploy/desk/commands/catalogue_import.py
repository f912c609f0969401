"""`sitewarden catalogue import`: a spreadsheet becomes a catalogue."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.catalogues.sheet import SheetRefused, to_catalogue
from deploy.desk.catalogues.tables import read_csv, read_xlsx
from deploy.desk.catalogues.writing import write_catalogue
from deploy.desk.commands.catalogue_files import read_file, write_file
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class CatalogueImport:
    """Reads CSV or XLSX, writes YAML."""

    name = "catalogue import"
    summary = sentence("write a catalogue from a spreadsheet (CSV or XLSX)")
    examples: Sequence[str] = ("sitewarden catalogue import codes.xlsx -o his.yaml",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        words = sentence("the spreadsheet: .csv or .xlsx, one row a code")
        parser.add_argument("sheet", type=Path, metavar="SHEET", help=terminal.text(words))
        words = sentence("the catalogue to write")
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 written, 2 a cell is wrong."""
        raw = read_file(arguments.sheet)
        read = read_xlsx if arguments.sheet.suffix.lower() == ".xlsx" else read_csv
        try:
            catalogue = to_catalogue(read(raw))
        except SheetRefused as refused:
            for problem in refused.problems:
                terminal.warn(sentence("{path}: {problem}", path=arguments.sheet, problem=problem))
            raise CommandRefused(sentence("the catalogue {path} is not usable", path=arguments.sheet)) from refused
        write_file(arguments.output, write_catalogue(catalogue).encode())
        count = sum(1 for _ in catalogue.codes())
        terminal.say(sentence("{path}: {count} codes; check it now", path=arguments.output, count=count))
        return Exit.DONE


COMMAND = CatalogueImport()
