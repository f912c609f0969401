"""A source's catalogue file -> a scanner, or a sentence that names file, line and column."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from agent.logs.scan import SEVERITY, Scanner
from agent.settings.catalogue_text import read_once
from wire.catalogue import read_catalogue
from wire.errors import Fault, TextRefused
from wire.sentence import Sentence, sentence

_COMPILED: Final[WeakValueDictionary[tuple[bytes, Path | None, str], Scanner]] = WeakValueDictionary()


class CatalogueRefused(Exception):
    """The file cannot be used; `faults` has one sentence for each thing that is wrong."""

    def __init__(self, faults: list[Sentence]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class Looked:
    """A usable catalogue, and what its author should still look at."""

    scanner: Scanner
    warnings: list[Sentence]


def load_scanner(path: Path, databases: Path | None = None, severity: str | None = None) -> Scanner:
    """Read and compile a catalogue file; raises `CatalogueRefused`.

    Many sources share a catalogue, and a reload seldom changes one: equal bytes are compiled once while anybody
    uses them. `databases` is where compiled patterns are kept, `severity` a valid pattern for lines that
    tell of an error.
    """
    with _placed(path):
        text = path.read_bytes()
        key = (hashlib.sha256(text).digest(), databases, severity or SEVERITY)
        scanner = _COMPILED.get(key)
        if scanner is None:
            scanner = _COMPILED[key] = Scanner(read_once(text), databases, severity or SEVERITY)
        return scanner


def look_at_catalogue(path: Path) -> Looked:
    """The same for its author: with the warnings, of which a running agent would keep megabytes for nobody."""
    with _placed(path):
        catalogue, warnings = read_catalogue(path.read_bytes())
        return Looked(Scanner(catalogue), [place_fault(path, fault) for fault in warnings])


@contextmanager
def _placed(path: Path) -> Iterator[None]:
    """What goes wrong with this file as `CatalogueRefused`."""
    try:
        yield
    except OSError as error:
        problem = sentence("{path} cannot be read: {reason}", path=path, reason=error.strerror or str(error))
        raise CatalogueRefused([problem]) from error
    except TextRefused as refusal:
        raise CatalogueRefused([place_fault(path, fault) for fault in refusal.faults]) from refusal


def place_fault(path: Path, fault: Fault) -> Sentence:
    """`catalogue.yaml:12:5: level is wrong: ...`, so that an editor can jump there."""
    if not fault.line:
        return sentence("{path}: {problem}", path=path, problem=fault.problem)
    return sentence(
        "{path}:{line}:{column}: {problem}", path=path, line=fault.line, column=fault.column, problem=fault.problem
    )
