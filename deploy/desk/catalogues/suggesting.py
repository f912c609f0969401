"""Unknown errors -> entries of a catalogue, pure.

The pattern of an entry is its template said as a regular expression, so it finds the lines of that
template and no others. Entries that say more come first: where two patterns match a line, the more
literal one is the one whose template the line has. Numbers go on in the module's own scheme.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent.logs.templates import ANY, PATTERNS, pattern_of, template_of
from wire.catalogue.dialect import compile_pattern, find_problem
from wire.catalogue.model import Catalogue, ErrorCode, Module, Pattern, Texts
from wire.fingerprint import OVERFLOW

LEVEL = 3
TEXT_CHARS = 500  # of a sample and of a title in a catalogue
PATTERN_CHARS = 1_000  # longer ones are cut: nobody reads them
TITLE_CHARS = 120
_NUMBERED = re.compile(r"(?P<head>.*?)(?P<number>\d+)")


@dataclass(frozen=True)
class Unknown:
    """One unknown error as the desk gets it; `sample` is empty where lines stay on the host."""

    template: str
    sample: str = ""
    count: int = 1
    sites: int = 0


@dataclass(frozen=True)
class Draft:
    """Entries for one module, and a note for each code."""

    errors: list[ErrorCode]
    notes: Mapping[str, str]


def draft_codes(unknowns: Iterable[Unknown], taken: Iterable[str], module: str) -> Draft:
    """An entry for each, in the order in which they have to stand; `taken` are the codes of the module."""
    wanted = [unknown for unknown in unknowns if unknown.template.strip() and unknown.template != OVERFLOW]
    numbers = next_codes(list(taken), module, len(wanted))
    errors, notes = [], {}
    for code, unknown in zip(numbers, sorted(wanted, key=_saying_less), strict=True):
        errors.append(_entry(code, unknown))
        notes[code] = f"suggested: say how bad it is, 1 to 4. Seen {unknown.count} times, {unknown.sites} sites"
    return Draft(errors, notes)


def next_codes(taken: list[str], module: str, count: int) -> list[str]:
    """The next free numbers of a module's scheme.

    >>> next_codes(["BIL-1001", "BIL-1000", "BIL-RDY"], "BIL", 2), next_codes([], "LAB", 1)
    (['BIL-1002', 'BIL-1003'], ['LAB-0001'])
    """
    found = [match for code in taken if (match := _NUMBERED.fullmatch(code))]
    if not found:
        return [f"{module}-{number:04}" for number in range(1, count + 1)]
    heads = [match["head"] for match in found]
    head = max(heads, key=heads.count)
    mine = [match["number"] for match in found if match["head"] == head]
    highest, width = max(map(int, mine)), max(map(len, mine))
    return [f"{head}{number:0{width}}" for number in range(highest + 1, highest + 1 + count)]


def draft_catalogue(catalogue: Catalogue | None, draft: Draft, *, product: str, module: str) -> Catalogue:
    """A catalogue that holds the suggested codes and nothing else, to be looked at and taken over."""
    version = f"{catalogue.version}-draft" if catalogue else "draft"
    names = {owner.code: owner.name for owner in catalogue.modules} if catalogue else {}
    owner = Module(code=module, name=names.get(module, Texts(en=module)), errors=draft.errors)
    return Catalogue(product=product, version=version, modules=[owner])


def _saying_less(unknown: Unknown) -> tuple[int, int]:
    """Sorts what has more literal text, and then fewer masks that take nearly anything, to the front."""
    literal = unknown.template
    for mask in PATTERNS:
        literal = literal.replace(mask, "")
    return -len(literal), unknown.template.count(ANY)


def _entry(code: str, unknown: Unknown) -> ErrorCode:
    pattern = _pattern(unknown.template)
    sample = _sample(unknown, pattern)
    title = " ".join(unknown.template.split())[:TITLE_CHARS]
    return ErrorCode(
        code=code,
        level=LEVEL,
        title=Texts(en=title),
        match=[Pattern(regex=pattern)],
        samples=[sample] if sample else [],
    )


def _pattern(template: str) -> str:
    """The template's pattern; of a very long one, what its first words say."""
    pattern = pattern_of(template)
    words = template.split(" ")
    while len(pattern) > PATTERN_CHARS and len(words) > 1:
        words = words[: max(1, len(words) * 3 // 4)]
        pattern = pattern_of(" ".join(words)).removesuffix(r"\s*$")
    return pattern if find_problem(pattern) is None else re.escape(words[0])


def _sample(unknown: Unknown, pattern: str) -> str:
    """The line of the sample that the pattern finds, if it fits."""
    search = compile_pattern(pattern).search
    lines = [line for line in unknown.sample.split("\n") if search(line)]
    lines.sort(key=lambda line: template_of(line) != unknown.template)
    whole = next((line for line in lines if len(line) <= TEXT_CHARS), "")
    cut = next((line[:TEXT_CHARS] for line in lines if search(line[:TEXT_CHARS])), "")
    return whole or cut
