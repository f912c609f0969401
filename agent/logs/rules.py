"""One source of the settings, made ready: encoding, records, time, and the catalogue's scanner."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache, reduce
from pathlib import Path

from agent.logs.bursts import find_opposites
from agent.logs.catalogues import CatalogueRefused, load_scanner
from agent.logs.records import Cutting, RecordRefused
from agent.logs.scan import Scanner
from agent.logs.when import LineClock, TimeRefused
from agent.settings.encoding import Encoding, EncodingRefused, find_encoding
from agent.settings.model import Source
from wire.catalogue.dialect import find_problem
from wire.catalogue.model import Catalogue, ErrorCode
from wire.messages import Status
from wire.sentence import Sentence, sentence


class SourceRefused(Exception):
    """A source cannot be read as the settings say; `faults` names each reason."""

    def __init__(self, faults: list[Sentence]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = faults

    @property
    def why(self) -> Sentence:
        """All of them as one sentence."""
        return reduce(lambda left, right: sentence("{left}; {right}", left=left, right=right), self.faults)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an event of one code says, apart from the record."""

    status: Status
    identity: tuple[str, ...]  # names of the groups that tell two faults apart


@dataclass(frozen=True)
class SourceRules:
    """How one source's bytes become events."""

    source: Source
    encoding: Encoding
    cutting: Cutting
    clock: LineClock
    scanner: Scanner
    outcomes: list[Outcome]
    opposites: dict[tuple[str, str], set[str]]


def compile_source(source: Source, databases: Path | None = None) -> SourceRules:
    """Everything that reading this source needs; raises `SourceRefused` with every reason why not.

    `databases` is the folder where the scanner keeps what it compiled.
    """
    faults: list[Sentence] = []
    try:
        encoding = find_encoding(source.encoding)
    except EncodingRefused as refusal:
        faults.append(refusal.why)
    try:
        cutting = Cutting.by_rule(source.record)
    except RecordRefused as refusal:
        faults.append(refusal.why)
    try:
        clock = LineClock(source.time, source.zone)
    except TimeRefused as refusal:
        faults.append(refusal.why)
    problem = find_problem(source.severity) if source.severity is not None else None
    if problem:
        faults.append(problem)
    try:
        scanner = load_scanner(Path(source.catalogue), databases, None if problem else source.severity)
    except CatalogueRefused as refusal:
        faults += refusal.faults
    if faults:
        raise SourceRefused(faults)
    catalogue = scanner.catalogue
    return SourceRules(
        source=source,
        encoding=encoding,
        cutting=cutting,
        clock=clock,
        scanner=scanner,
        outcomes=find_outcomes(catalogue),
        opposites=find_opposites(catalogue),
    )


def find_outcomes(catalogue: Catalogue) -> list[Outcome]:
    """For each code in the catalogue's order: status and identity names.

    A code that clears others is a signal: its events say `ok`, and are told apart by the groups of
    what they clear, so that `queue 7 is back` clears queue 7 alone.
    """
    cleared_by: dict[tuple[str, str], list[ErrorCode]] = defaultdict(list)
    for module, error in catalogue.codes():
        if error.clears_by is not None:
            cleared_by[module.code, error.clears_by].append(error)
    outcomes: list[Outcome] = []
    for module, error in catalogue.codes():
        cleared = cleared_by.get((module.code, error.code), [])
        names = [*error.identity, *(name for other in cleared for name in other.identity)]
        outcomes.append(_outcome(Status.OK if cleared else Status.FIRING, tuple(dict.fromkeys(names))))
    return outcomes


@lru_cache(maxsize=1_024)
def _outcome(status: Status, identity: tuple[str, ...]) -> Outcome:
    """Thousands of codes, of every source anew, share a few outcomes."""
    return Outcome(status, identity)
