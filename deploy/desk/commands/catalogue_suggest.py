"""`sitewarden catalogue suggest`: unknown errors become entries of a catalogue."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.desk.catalogues.suggesting import Unknown, draft_catalogue, draft_codes
from deploy.desk.catalogues.unknowns import SourceRefused, from_collector, from_log, parse
from deploy.desk.catalogues.writing import write_catalogue, write_entries
from deploy.desk.commands.catalogue_files import read_file, usable_catalogue, write_file
from terminal import CommandRefused, Exit, Terminal
from wire.catalogue.model import Catalogue
from wire.sentence import sentence

TOP = 10


class CatalogueSuggest:
    """Writes a file to look at, change and take over; nothing is sent anywhere."""

    name = "catalogue suggest"
    summary = sentence("write catalogue entries for errors that have no code yet")
    examples: Sequence[str] = (
        "sitewarden catalogue suggest his.yaml --url http://127.0.0.1:8080 --token-file token -o draft.yaml",
        "sitewarden catalogue suggest his.yaml --log app.log --module BIL -o draft.yaml",
        "sitewarden catalogue suggest his.yaml --from unknowns.json --entries >> his.yaml",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        text = terminal.text
        parser.add_argument("file", type=Path, metavar="FILE", help=text(sentence("the product's catalogue as it is")))
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--url", metavar="URL", help=text(sentence("the collector's console address")))
        words = sentence("what GET /v1/unknowns answered, as a file")
        source.add_argument("--from", dest="exported", type=Path, metavar="FILE", help=text(words))
        words = sentence("a log: its lines that look like errors and have no code")
        source.add_argument("--log", type=Path, metavar="FILE", help=text(words))
        words = sentence("a file that holds an API token (user token)")
        parser.add_argument("--token-file", type=Path, metavar="FILE", help=text(words))
        words = sentence("the module that the codes belong to; the first one if not given")
        parser.add_argument("--module", metavar="CODE", help=text(words))
        words = sentence("so many of the most frequent ones (10)")
        parser.add_argument("--top", type=int, default=TOP, metavar="N", help=text(words))
        words = sentence("only the entries, to be put at the end of a module")
        parser.add_argument("--entries", action="store_true", help=text(words))
        words = sentence("where to write; standard output if not given")
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 written, 1 there is nothing to suggest, 2 bad input."""
        catalogue = usable_catalogue(arguments.file, terminal)
        module = arguments.module or catalogue.modules[0].code
        unknowns = _unknowns(arguments, catalogue)
        taken = [error.code for owner, error in catalogue.codes() if owner.code == module]
        draft = draft_codes(unknowns, taken, module)
        if not draft.errors:
            terminal.warn(sentence("there is no unknown error of {product}", product=catalogue.product))
            return Exit.FAILED
        if arguments.entries:
            text = write_entries(draft.errors, draft.notes)
        else:
            whole = draft_catalogue(catalogue, draft, product=catalogue.product, module=module)
            text = write_catalogue(whole, draft.notes)
        if arguments.output is None:
            sys.stdout.write(text)
        else:
            write_file(arguments.output, text.encode())
            terminal.say(sentence("{path}: {count} codes suggested", path=arguments.output, count=len(draft.errors)))
        return Exit.DONE


def _unknowns(arguments: argparse.Namespace, catalogue: Catalogue) -> list[Unknown]:
    product, limit = catalogue.product, max(1, arguments.top)
    try:
        if arguments.log is not None:
            return from_log(arguments.log, catalogue, limit=limit)
        if arguments.exported is not None:
            return parse(read_file(arguments.exported), product=product, limit=limit)
        if arguments.token_file is None:
            raise CommandRefused(sentence("--url needs --token-file with an API token of a user of the collector"))
        token = read_file(arguments.token_file).decode("ascii", "replace").strip()
        return from_collector(arguments.url, token, product=product, limit=limit)
    except SourceRefused as refused:
        raise CommandRefused(refused.why, Exit.FAILED) from refused


COMMAND = CatalogueSuggest()
