"""What the `repo` commands begin with: the vendor's folder, and refusals as lines of text."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.desk.app import now
from deploy.desk.commands.keys import add_json_argument
from remediation.trust.publishing import PublishingRefused
from remediation.trust.workshop import Workshop
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import Sentence, sentence


def add_folder_argument(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """`DIR` and `--json`."""
    add_json_argument(parser, terminal)
    words = sentence("the vendor's folder of metadata, as `repo init` made it")
    parser.add_argument("folder", type=Path, metavar="DIR", help=terminal.text(words))


def add_key_argument(parser: argparse.ArgumentParser, terminal: Terminal, words: Sentence, *, name: str) -> None:
    """A public key that may be named several times."""
    parser.add_argument(
        name, action="append", default=[], metavar="PUB", required=name == "--key", help=terminal.text(words)
    )


@contextmanager
def workshop(arguments: argparse.Namespace, terminal: Terminal) -> Iterator[Workshop]:
    """The folder; whatever it refuses becomes one line each."""
    try:
        yield Workshop(arguments.folder, now())
    except PublishingRefused as refused:
        *others, last = refused.whys
        for why in others:
            terminal.warn(why)
        raise CommandRefused(last, Exit.FAILED) from refused
    except BrokenPipeError:
        raise  # whoever read our output went away: not the folder's fault
    except OSError as error:
        path, reason = error.filename or arguments.folder, error.strerror or str(error)
        words = sentence("{path} cannot be read or written: {reason}", path=path, reason=reason)
        raise CommandRefused(words, Exit.FAILED) from error


def tell(place: Workshop, arguments: argparse.Namespace, terminal: Terminal) -> bool:
    """Each role: version, life, signatures, what is missing; whether everything is signed."""
    found = [place.standing(role) for role in place.roles()]
    if arguments.json:
        terminal.json(
            {
                each.role: {
                    "version": each.version,
                    "draft": place.is_draft(each.role),
                    "expires": each.expires.isoformat(),
                    "signed": list(each.signed),
                    "missing": [str(why) for why in each.lacking],
                }
                for each in found
            }
        )
    else:
        rows = [
            [
                each.role,
                str(each.version),
                _state(place, each.role, terminal),
                str(each.expires.date()),
                _signed(each.signed),
            ]
            for each in found
        ]
        heads = [sentence("role"), sentence("version"), sentence("state"), sentence("expires"), sentence("signed by")]
        terminal.table(heads, rows)
        for each in found:
            for why in each.lacking:
                terminal.say(why)
    return not any(each.lacking for each in found)


def _state(place: Workshop, role: str, terminal: Terminal) -> str:
    return terminal.text(sentence("draft") if place.is_draft(role) else sentence("in force"))


def _signed(names: Sequence[str]) -> str:
    return ", ".join(f"{name[:12]}..." for name in names) or "-"
