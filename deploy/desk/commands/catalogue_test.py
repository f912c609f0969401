"""`sitewarden catalogue test`: each code against its samples, and against the lines that it must not take."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.catalogue_check import check_samples
from deploy.desk.commands.catalogue_files import usable_catalogue
from terminal import Exit, Terminal
from wire.sentence import sentence


class CatalogueTest:
    """Says which samples fail, and which codes have none."""

    name = "catalogue test"
    summary = sentence("run each code's samples as tests")
    examples: Sequence[str] = ("sitewarden catalogue test his.yaml",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("one JSON object")))
        parser.add_argument("file", type=Path, metavar="FILE", help=terminal.text(sentence("the catalogue")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 all hold, 1 a sample fails, 2 not usable."""
        catalogue = usable_catalogue(arguments.file, terminal)
        count, wrong = check_samples(catalogue)
        untried = [error.code for _, error in catalogue.codes() if not error.samples]
        if arguments.json:
            terminal.json({"samples": count, "wrong": [vars(sample) for sample in wrong], "without_samples": untried})
            return Exit.FAILED if wrong else Exit.DONE
        for sample in wrong:
            terminal.warn(sample.words())
        if untried:
            terminal.warn(sentence("without a sample: {codes}", codes=", ".join(untried)))
        words = sentence("{count} samples, {wrong} fail", count=count, wrong=len(wrong))
        terminal.say(words)
        return Exit.FAILED if wrong else Exit.DONE


COMMAND = CatalogueTest()
