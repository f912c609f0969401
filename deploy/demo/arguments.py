"""What the demo can be asked for, and what is wrong with it before anything starts."""

from __future__ import annotations

import argparse
from pathlib import Path

from agent.logs.catalogues import CatalogueRefused, look_at_catalogue
from agent.settings.encoding import EncodingRefused, find_encoding
from deploy.demo.check.plan import FAULTS
from deploy.demo.stage import Followed
from terminal import CommandRefused, Terminal
from wire.sentence import sentence

HEAD_BYTES = 65_536


def add_arguments(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """Declare the arguments."""
    say = terminal.text
    parser.add_argument("--check", action="store_true", help=say(sentence("run unattended and judge what was seen")))
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="FAULT",
        choices=(*FAULTS, "all"),
        help=say(
            sentence(
                "with --check: do not cause this fault, to see its checks fail ({faults})", faults=", ".join(FAULTS)
            )
        ),
    )
    parser.add_argument(
        "--prove",
        action="store_true",
        help=say(sentence("with --check: cause no fault at all, and succeed if every check fails that should")),
    )
    parser.add_argument("--log", metavar="FILE", type=Path, help=say(sentence("follow this log instead")))
    parser.add_argument("--catalogue", metavar="FILE", type=Path, help=say(sentence("the catalogue for --log")))
    parser.add_argument("--encoding", default="utf-8", metavar="NAME", help=say(sentence("encoding of --log (utf-8)")))
    parser.add_argument("--keep", action="store_true", help=say(sentence("do not remove the demo's folder at the end")))


def check_arguments(arguments: argparse.Namespace, terminal: Terminal) -> Followed | None:
    """The log to follow, if one was named; CommandRefused for what cannot work."""
    if (arguments.log is None) != (arguments.catalogue is None):
        raise CommandRefused(sentence("--log and --catalogue belong together"))
    if (arguments.without or arguments.prove) and not arguments.check:
        raise CommandRefused(sentence("--without and --prove are for --check"))
    if arguments.log is None:
        return None
    if arguments.check:
        raise CommandRefused(sentence("--check runs the demo's own sites: it takes no --log"))
    return _followed(arguments.log, arguments.catalogue, arguments.encoding, terminal)


def _followed(log: Path, catalogue: Path, encoding: str, terminal: Terminal) -> Followed:
    try:
        find_encoding(encoding)
        loaded = look_at_catalogue(catalogue)
    except EncodingRefused as refusal:
        raise CommandRefused(refusal.why) from refusal
    except CatalogueRefused as refusal:
        for fault in refusal.faults[:-1]:
            terminal.warn(fault)
        raise CommandRefused(refusal.faults[-1]) from refusal
    for warning in loaded.warnings:
        terminal.warn(sentence("warning: {warning}", warning=warning))
    _check_log(log, encoding)
    return Followed(log.resolve(), catalogue.resolve(), encoding)


def _check_log(log: Path, encoding: str) -> None:
    if any(char in log.name for char in "*?["):
        raise CommandRefused(sentence("{path}: name one file, without * or ?", path=log))
    if log.exists() and not log.is_file():
        raise CommandRefused(sentence("{path} is not a file", path=log))
    try:
        with log.open("rb") as lines:
            head = lines.read(HEAD_BYTES)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandRefused(sentence("{path} cannot be read: {reason}", path=log, reason=reason)) from error
    if b"\0" in head and "16" not in encoding:
        raise CommandRefused(sentence("{path} is not a text file: it has NUL bytes (--encoding utf-16?)", path=log))
