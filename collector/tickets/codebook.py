"""What the collector's catalogues say about a code; pure, rebuilt when a catalogue is imported.

The level of the collector's own catalogue counts, not the one that an agent sends: an agent may
hold an older catalogue. A code that no catalogue knows keeps what its event says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from collector.tickets.desk.model import KIND_SILENT, SILENT_CODE, SITE_MODULE
from wire.catalogue.model import Catalogue, ErrorCode, Module, Texts
from wire.catalogue.reading import HOST_PRODUCT, host_catalogue
from wire.messages import Event

SILENT_MODULE, ALIVE_CODE = SITE_MODULE, "SITE-ALIVE"
TRUST_MODULE, TOKEN_REUSED_CODE, CLONED_CODE = "TRUST", "TRUST-TOKEN-REUSED", "TRUST-CLONED"
KIND_FAULT = "fault"


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
        self._upstream: dict[str, tuple[str, ...]] = {}
        self._downstream: dict[str, tuple[str, ...]] = {}
        self._declared: dict[str, tuple[str, ...]] = {}
        for catalogue in self.catalogues.values():
            for module in catalogue.modules if catalogue.versions else ():
                self._declared.setdefault(module.code, tuple(catalogue.versions))
        for module in (module for catalogue in self.catalogues.values() for module in catalogue.modules):
            self._upstream[module.code] = (*self._upstream.get(module.code, ()), *module.depends_on)
            for other in module.depends_on:
                self._downstream[other] = (*self._downstream.get(other, ()), module.code)

    def upstream(self, module: str) -> tuple[str, ...]:
        """Modules that this one depends on, by whatever catalogue says so."""
        return self._upstream.get(module, ())

    def declared(self, module: str) -> tuple[str, ...]:
        """The versions of the module's product, the earliest first; empty when its catalogue names no order."""
        return self._declared.get(module, ())

    def downstream(self, module: str) -> tuple[str, ...]:
        """Modules that depend on this one."""
        return self._downstream.get(module, ())

    def own_facts(self, module: str, code: str) -> CodeFacts:
        """A code of the built-in catalogue; `KeyError` if it has none such."""
        return self._facts[HOST_PRODUCT, module, code]

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
