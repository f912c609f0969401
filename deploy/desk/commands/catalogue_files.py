"""Files that the catalogue commands read and write, and what they say when that fails."""

from __future__ import annotations

from pathlib import Path

from agent.logs.catalogues import place_fault
from terminal import CommandRefused, Exit, Terminal
from wire.catalogue import read_catalogue
from wire.catalogue.model import Catalogue
from wire.errors import TextRefused
from wire.sentence import sentence


def read_file(path: Path) -> bytes:
    """The bytes of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandRefused(sentence("{path} cannot be read: {reason}", path=path, reason=reason)) from error


def write_file(path: Path, content: bytes) -> None:
    """Write the bytes."""
    try:
        path.write_bytes(content)
    except OSError as error:
        words = sentence("{path} cannot be written: {reason}", path=path, reason=error.strerror or str(error))
        raise CommandRefused(words, Exit.FAILED) from error


def usable_catalogue(path: Path, terminal: Terminal) -> Catalogue:
    """The catalogue in a file; every fault is told before the command is refused."""
    try:
        return read_catalogue(read_file(path))[0]
    except TextRefused as refusal:
        for fault in refusal.faults:
            terminal.warn(place_fault(path, fault))
        raise CommandRefused(sentence("the catalogue {path} is not usable", path=path)) from refusal
