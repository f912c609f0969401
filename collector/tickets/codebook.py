"""What the collector's catalogues say about a code; pure, rebuilt when a catalogue is imported.

The level of the collector's own catalogue counts, not the one that an agent sends: an agent may
hold an older catalogue. A code that no catalogue knows keeps what its event says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from wire.catalogue.model import Catalogue, ErrorCode, Module, Texts
from wire.catalogue.reading import HOST_PRODUCT, host_catalogue
from wire.messages import Event

SILENT_MODULE, SILENT_CODE, ALIVE_CODE = "SITE", "SITE-SILENT", "SITE-ALIVE"
TRUST_MODULE, TOKEN_REUSED_CODE = "TRUST", "TRUST-TOKEN-REUSED"
KIND_FAULT, KIND_SILENT = "fault", "site_silent"


@dataclass(frozen=True)
class CodeFacts:
    """One code: `clears` are the codes of its module that are gone when it appears."""

    level: int
    title: str  # JSON of Texts
    clearable: bool
    clears: tuple[str, ...]
    identity: tuple[str, ...] | None  # None: unknown code, all that the event names
    kind: str


class Codebook:
    """Every code of every catalogue, by product, module and code."""

    def __init__(self, catalogues: Iterable[Catalogue]) -> None:
        self.catalogues = {catalogue.product: catalogue for catalogue in [*catalogues, host_catalogue()]}
        self._facts = {
            (catalogue.product, module.code, error.code): _facts(catalogue, module, error)
            for catalogue in self.catalogues.values()
            for module, error in catalogue.codes()
        }

    def facts(self, event: Event) -> CodeFacts:
        """What is known about the event's code, or what the event itself says."""
        found = self._facts.get((event.product, event.module, event.code))
        if found is not None:
            return found
        title = msgspec.json.encode(Texts(en=event.code)).decode()
        return CodeFacts(event.level, title, clearable=False, clears=(), identity=None, kind=KIND_FAULT)


def identity_of(event: Event, facts: CodeFacts) -> dict[str, str]:
    """The identity values of the event's fingerprint: those that the catalogue names, if it knows the code."""
    if facts.identity is None:
        return dict(event.identity)
    return {name: event.identity[name] for name in facts.identity if name in event.identity}


def is_cleared(identity: Mapping[str, str], clearing: Event) -> bool:
    """Whether a clearing event means the alert with this identity.

    Each identity value of the alert that the clearing event names too (among its identity values
    or its fields) must be equal. What the clearing event does not name matches everything: a
    clearing code without a queue's name clears the alerts of every queue of its site.
    """
    said = {**clearing.fields, **clearing.identity}
    return all(said.get(name, value) == value for name, value in identity.items())


def _facts(catalogue: Catalogue, module: Module, error: ErrorCode) -> CodeFacts:
    silent = catalogue.product == HOST_PRODUCT and error.code == SILENT_CODE
    return CodeFacts(
        level=error.level,
        title=msgspec.json.encode(error.title).decode(),
        clearable=error.clears_by is not None,
        clears=tuple(catalogue.cleared_by(module.code, error.code)),
        identity=tuple(error.identity),
        kind=KIND_SILENT if silent else KIND_FAULT,
    )
