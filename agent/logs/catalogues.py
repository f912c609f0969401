"""A source's catalogue file -> a scanner, or a sentence that names file, line and column."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from agent.logs.scan import SEVERITY, Scanner
from agent.settings.catalogue_text import read_once
from wire.errors import Fault, TextRefused
from wire.sentence import Sentence, sentence


class CatalogueRefused(Exception):
    """The file cannot be used; `faults` has one sentence for each thing that is wrong."""

    def __init__(self, faults: list[Sentence]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class Loaded:
    """A usable catalogue, and what its author should still look at."""

    scanner: Scanner
    warnings: list[Sentence]


def load_scanner(path: Path, databases: Path | None = None, severity: str | None = None) -> Loaded:
    """Read and compile a catalogue file; raises `CatalogueRefused`.

    `databases` is where compiled patterns are kept, `severity` a valid pattern for lines that tell of an error.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        problem = sentence("{path} cannot be read: {reason}", path=path, reason=error.strerror or str(error))
        raise CatalogueRefused([problem]) from error
    try:
        scanner, warnings = _compile(text, databases, severity or SEVERITY)
    except TextRefused as refusal:
        raise CatalogueRefused([place_fault(path, fault) for fault in refusal.faults]) from refusal
    return Loaded(scanner, [place_fault(path, fault) for fault in warnings])


@lru_cache(maxsize=16)
def _compile(text: bytes, databases: Path | None, severity: str) -> tuple[Scanner, tuple[Fault, ...]]:
    """Many sources share a catalogue, and a reload seldom changes one: equal bytes are compiled once."""
    catalogue, warnings = read_once(text)
    return Scanner(catalogue, databases, severity), warnings


def place_fault(path: Path, fault: Fault) -> Sentence:
    """`catalogue.yaml:12:5: level is wrong: ...`, so that an editor can jump there."""
    if not fault.line:
        return sentence("{path}: {problem}", path=path, problem=fault.problem)
    return sentence(
        "{path}:{line}:{column}: {problem}", path=path, line=fault.line, column=fault.column, problem=fault.problem
    )
