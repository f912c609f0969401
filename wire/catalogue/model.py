"""The shapes of a catalogue, as they stand in its YAML file.

Order matters: where several codes match a record, the first in the file wins. The entries of
`match` are alternatives. Patterns are Python `re` with ASCII classes, searched in each decoded
line of a record; `dialect.py` says what is left out and why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from wire.catalogue.saved import Saved
from wire.fields import Code, FieldName, Level, Name

Text = Annotated[str, Meta(min_length=1, max_length=500)]
PatternText = Annotated[str, Meta(min_length=1, max_length=4_000)]


class Texts(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One text in up to three languages; English is the one that must be there."""

    en: Text
    ko: Text | None = None
    zh: Text | None = None

    def in_language(self, language: str) -> str:
        """The text for `language` (`ko`, `zh-Hans`, ...), English when it is missing."""
        return {"ko": self.ko, "zh": self.zh}.get(language.partition("-")[0]) or self.en


class Pattern(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One way to recognise a code: exactly one of `regex` and `literal`."""

    regex: PatternText | None = None
    literal: PatternText | None = None


class ErrorCode(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One error code of a module.

    `identity` names the groups whose values tell two faults of this code apart (a queue, a ward);
    `clears_by` is the code of the same module whose appearance says that this fault is gone. A code
    that is named in a `clears_by` is a signal and never opens a ticket of its own. `advice` is what to do
    first. `samples` are records that must be found as this code, `not_samples` records that must not.
    """

    code: Code
    level: Level
    title: Texts
    match: list[Pattern] = []
    identity: Annotated[list[FieldName], Meta(max_length=8)] = []
    clears_by: Code | None = None
    advice: Texts | None = None
    samples: Annotated[list[Text], Meta(max_length=100)] = []
    not_samples: Annotated[list[Text], Meta(max_length=100)] = []


class VersionProbe(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One way to learn which version of a module a host has: exactly one of `file`, `package` and `url`.

    The one group of `regex` is the version, found in the file or in the answer. The host looks only inside
    the bounds of its own settings, and nothing here can start a program.
    """

    file: Annotated[str, Meta(min_length=2, max_length=4_096, pattern=r"^/")] | None = None
    package: Name | None = None
    url: Annotated[str, Meta(max_length=2_000, pattern=r"^https?://[^\s@]+\Z")] | None = None
    regex: PatternText | None = None


class Module(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One module of the product, with its error codes in order of precedence.

    `probes` are tried in their order until one of them knows the module's version.
    """

    code: Code
    name: Texts
    errors: list[ErrorCode]
    probes: Annotated[list[VersionProbe], Meta(max_length=8)] = []
    depends_on: Annotated[list[Code], Meta(max_length=64)] = []  # modules whose fault explains this one's


class Catalogue(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True, weakref=True):
    """A versioned coding file of one product.

    `versions` are the product's own, the earliest first; without them versions are compared by their numbers.
    """

    product: Name
    version: Name
    modules: Annotated[list[Module], Meta(min_length=1)]
    versions: Annotated[list[Annotated[str, Meta(min_length=1, max_length=128)]], Meta(max_length=1_000)] = []
    backup: Saved | None = None

    def codes(self) -> Iterator[tuple[Module, ErrorCode]]:
        """Every code with its module, in order of precedence."""
        for module in self.modules:
            for error in module.errors:
                yield module, error

    def find(self, module: str, code: str) -> ErrorCode | None:
        """The code of that module, if the catalogue has it."""
        return next((error for owner, error in self.codes() if owner.code == module and error.code == code), None)

    def cleared_by(self, module: str, code: str) -> list[str]:
        """The codes of `module` whose fault is gone when `code` appears."""
        return [error.code for owner, error in self.codes() if owner.code == module and error.clears_by == code]
