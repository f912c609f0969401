"""A catalogue as the YAML text that a person goes on with; `read_catalogue` gives the same catalogue back.

>>> print(quoted("it's a ward"))
'it''s a ward'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from wire.catalogue.model import Catalogue, ErrorCode, Module, Pattern, Texts, VersionProbe

WIDE = 0x10000
LATIN = 0x100


def write_catalogue(catalogue: Catalogue, notes: Mapping[str, str] | None = None) -> str:
    """The whole file. `notes`: a comment for a code, put beside its level."""
    lines = [f"product: {quoted(catalogue.product)}", f"version: {quoted(catalogue.version)}", "modules:"]
    for module in catalogue.modules:
        lines += _module(module, notes or {})
    return "\n".join(lines) + "\n"


def write_entries(errors: list[ErrorCode], notes: Mapping[str, str] | None = None) -> str:
    """Codes alone, indented as in a file: to be put at the end of a module."""
    return "".join(f"{line}\n" for error in errors for line in _error(error, (notes or {}).get(error.code, "")))


def quoted(text: str) -> str:
    """A YAML scalar that reads back as `text`: single quotes, or double ones with escapes where it must be."""
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    number = ord(char)
    return {"\n": "\\n", "\t": "\\t"}.get(char) or (
        f"\\x{number:02x}" if number < LATIN else f"\\u{number:04x}" if number < WIDE else f"\\U{number:08x}"
    )


def _texts(texts: Texts) -> str:
    pairs = [(language, getattr(texts, language)) for language in ("en", "ko", "zh")]
    return "{" + ", ".join(f"{language}: {quoted(text)}" for language, text in pairs if text is not None) + "}"


def _module(module: Module, notes: Mapping[str, str]) -> Iterator[str]:
    yield f"  - code: {quoted(module.code)}"
    yield f"    name: {_texts(module.name)}"
    if module.probes:
        yield "    probes:"
        yield from (f"      - {_probe(probe)}" for probe in module.probes)
    yield "    errors:" if module.errors else "    errors: []"
    for error in module.errors:
        yield from _error(error, notes.get(error.code, ""))


def _probe(probe: VersionProbe) -> str:
    given: dict[str, str] = msgspec.to_builtins(probe)
    return "{" + ", ".join(f"{name}: {quoted(value)}" for name, value in given.items()) + "}"


def _error(error: ErrorCode, note: str) -> Iterator[str]:
    yield f"      - code: {quoted(error.code)}"
    yield f"        level: {error.level}" + (f"  # {note}" if note else "")
    yield f"        title: {_texts(error.title)}"
    if error.advice is not None:
        yield f"        advice: {_texts(error.advice)}"
    if error.match:
        yield "        match:"
        yield from (f"          - {_pattern(pattern)}" for pattern in error.match)
    if error.identity:
        yield f"        identity: [{', '.join(quoted(name) for name in error.identity)}]"
    if error.clears_by is not None:
        yield f"        clears_by: {quoted(error.clears_by)}"
    for name, samples in (("samples", error.samples), ("not_samples", error.not_samples)):
        if samples:
            yield f"        {name}:"
            yield from (f"          - {quoted(sample)}" for sample in samples)


def _pattern(pattern: Pattern) -> str:
    return (
        f"regex: {quoted(pattern.regex)}" if pattern.regex is not None else f"literal: {quoted(pattern.literal or '')}"
    )
