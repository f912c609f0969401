"""Which code of a catalogue a record is: the first in the catalogue's order that matches any of its lines.

Python's `re` on the decoded line decides. So that 1,000 codes do not cost 1,000 searches a line, a
pass over many lines at once nominates: each pattern has texts that its matches must contain
(`literals.py`), of each such text the short piece that few codes share is the anchor, and all anchors together are
one pattern of nested alternatives whose first characters `re` skips by in C. Nominating too many codes is
allowed, too few never. Patterns without a usable literal are nominated for every line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from agent.logs.literals import required_literals
from wire.catalogue.dialect import compile_pattern
from wire.catalogue.model import Catalogue, ErrorCode, Module, Pattern

ANCHOR_CHARS: Final = 6  # long enough to be rare, short enough to keep the joint pattern small
LITERAL_CHARS_MIN: Final = 3  # a shorter text stands in every other line and nominates nothing
# Letters by how often they begin a piece of a log line: a piece should begin with something rarer.
_FREQUENT: Final = {char: rank for rank, char in enumerate(reversed(" eatoinrsdlcupmhgfbvwyk0123.:-=/[]"), 1)}


class Code(NamedTuple):
    """One code with what decides about it; `rank` is its place in the catalogue's order."""

    rank: int
    module: Module
    error: ErrorCode
    patterns: tuple[re.Pattern[str] | str, ...]  # a compiled pattern, or a literal as text

    def match(self, lines: Iterable[str]) -> dict[str, str] | None:
        """The named groups of the first entry that matches a line, or None."""
        for pattern in self.patterns:
            for line in lines:
                if isinstance(pattern, str):
                    if pattern in line:
                        return {}
                elif found := pattern.search(line):
                    return {name: text for name, text in found.groupdict().items() if text is not None}
        return None


class Found(NamedTuple):
    """A record's code, and the groups that took part in the match."""

    code: Code
    fields: dict[str, str]


class Scanner:
    """A catalogue made ready for searching. Holds no state between calls."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.codes = [
            Code(rank, module, error, tuple(_compiled(pattern) for pattern in error.match))
            for rank, (module, error) in enumerate(catalogue.codes())
        ]
        self._everywhere: list[int] = []
        self._anchors = _Anchors(self._choose_anchors())

    def _choose_anchors(self) -> dict[str, set[int]]:
        """Anchor -> the codes that it nominates; codes that cannot be anchored are tried everywhere."""
        literals: dict[int, set[str]] = {}
        for code in self.codes:
            found = [_literals(pattern) for pattern in code.error.match]
            texts = {text for texts in found for text in texts}
            if all(found) and min(map(len, texts), default=0) >= LITERAL_CHARS_MIN:
                literals[code.rank] = texts
            elif found:
                self._everywhere.append(code.rank)
        uses = Counter(piece for texts in literals.values() for piece in {p for text in texts for p in _pieces(text)})
        by_anchor: dict[str, set[int]] = defaultdict(set)
        for rank, texts in literals.items():
            for text in texts:
                by_anchor[_anchor(text, uses)].add(rank)
        return by_anchor

    def nominate(self, lines: Sequence[str]) -> dict[int, set[int]]:
        """For each place in `lines` where a code may match: the ranks of those codes."""
        nominated: dict[int, set[int]] = defaultdict(set)
        if self._everywhere:
            nominated.update({at: set(self._everywhere) for at in range(len(lines))})
        self._anchors.search(lines, nominated)
        return nominated

    def decide(self, lines: Sequence[str], nominated: Iterable[int]) -> Found | None:
        """The first of the `nominated` codes, in the catalogue's order, that matches one of `lines`."""
        for rank in sorted(nominated):
            code = self.codes[rank]
            fields = code.match(lines)
            if fields is not None:
                return Found(code, fields)
        return None

    def find(self, lines: Sequence[str]) -> Found | None:
        """The code of one record."""
        return self.decide(lines, set[int]().union(*self.nominate(lines).values()))


class _Anchors:
    r"""All anchors as one pattern over many lines joined by `\n`."""

    def __init__(self, by_anchor: Mapping[str, set[int]]) -> None:
        self._codes: dict[str, set[int]] = {}
        for anchor in sorted(by_anchor):  # a prefix comes before what it begins, and stands for it
            known = next((anchor[:size] for size in range(1, len(anchor) + 1) if anchor[:size] in self._codes), anchor)
            self._codes.setdefault(known, set()).update(by_anchor[anchor])
        self._sizes = sorted({len(anchor) for anchor in self._codes})
        self._pattern = re.compile(_joint_pattern(list(self._codes))) if self._codes else None

    def search(self, lines: Sequence[str], nominated: dict[int, set[int]]) -> None:
        """Add the codes of every anchor in every line to `nominated`."""
        if self._pattern is None:
            return
        text = "\n".join(lines)
        ends: list[int] = []
        for found in self._pattern.finditer(text):
            at = found.start()
            ends = ends or list(accumulate(len(line) + 1 for line in lines))
            codes = next(self._codes[piece] for size in self._sizes if (piece := text[at : at + size]) in self._codes)
            nominated[bisect_right(ends, at)] |= codes


def _joint_pattern(anchors: list[str]) -> str:
    """One pattern that stops at the first character of every anchor and takes only that character.

    So that overlapping anchors are all found, the rest is looked at and not consumed.
    """
    rests: dict[str, list[str]] = defaultdict(list)
    for anchor in anchors:
        rests[anchor[0]].append(anchor[1:])
    return "|".join(f"{re.escape(first)}(?={_nested(rest)})" for first, rest in sorted(rests.items()))


def _nested(rests: list[str]) -> str:
    if "" in rests:
        return ""
    below: dict[str, list[str]] = defaultdict(list)
    for rest in rests:
        below[rest[0]].append(rest[1:])
    branches = [re.escape(first) + _nested(further) for first, further in sorted(below.items())]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


def _pieces(text: str) -> list[str]:
    """What could be an anchor of `text`: `ANCHOR_CHARS` long where it can be."""
    return [text[at : at + ANCHOR_CHARS] for at in range(max(1, len(text) - ANCHOR_CHARS + 1))]


def _anchor(text: str, uses: Counter[str]) -> str:
    """A piece that few codes share (by powers of two), and of these the one that begins with the rarest character."""
    return min(_pieces(text), key=lambda piece: (uses[piece].bit_length(), _FREQUENT.get(piece[0], 0)))


def _literals(pattern: Pattern) -> frozenset[str]:
    if pattern.literal is not None:
        return frozenset([pattern.literal])
    return required_literals(pattern.regex or "")


def _compiled(pattern: Pattern) -> re.Pattern[str] | str:
    return compile_pattern(pattern.regex) if pattern.regex is not None else pattern.literal or ""
