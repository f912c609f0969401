r"""One text in the spellings that a value may hide in, with the way back to the original characters.

Detectors know plain digits and plain quotes alone. What writes a number differently is undone here:
1. one character for another: full-width letters and digits, every other script's decimal digits,
   typographic hyphens and spaces. The length stays, so places stay too;
2. escapes: \u0031 of JSON (however often it was escaped again), \" and \n, %31 of addresses (also %2531),
   &#49; of XML, and characters without width. A map leads back;
3. single digits with a space or hyphen between each (`9 0 0 1 0 1 - 1 ...`): the gaps are closed.
A value is looked for in every spelling, so that what looks like an escape and is none is found as well.
Base64 is not undone: it is a documented miss.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

_HYPHENS: Final = "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\u30fc"
_SPACES: Final = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_NO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff"


def _table() -> dict[int, str]:
    table = {full: chr(full - 0xFEE0) for full in range(0xFF01, 0xFF5F)}
    digits = (point for point in range(128, sys.maxunicode + 1) if unicodedata.category(chr(point)) == "Nd")
    table.update({point: str(unicodedata.decimal(chr(point))) for point in digits})
    table.update(dict.fromkeys(map(ord, _HYPHENS), "-"))
    table.update(dict.fromkeys(map(ord, _SPACES), " "))
    return table


_TABLE: Final = _table()
ODD: Final = re.compile("[" + "".join(map(chr, sorted(_TABLE))) + "]")
ESCAPE: Final = re.compile(
    r"\\{1,16}u(?P<code>[0-9a-fA-F]{4})|(?P<bytes>(?:%(?:25){0,3}[0-9a-fA-F]{2})+)|\\{1,16}(?P<letter>[\"'/nrt])"
    rf"|&#(?:x(?P<hex>[0-9a-fA-F]{{1,6}})|(?P<number>[0-9]{{1,7}}));|(?P<quote>&quot;)|(?P<none>[{_NO_WIDTH}])"
)
_UNIT: Final = re.compile(r"%(?:25){0,3}([0-9a-fA-F]{2})")
_SPACED: Final = re.compile(r"(?<![0-9])[0-9](?:(?: - |[ -])[0-9]){8,}(?:(?: - |[ -])[Xx]\b)?(?![0-9])")
_GAP: Final = re.compile(r"(?<=[0-9])(?: - |[ -])(?=[0-9Xx])")
_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t"}


class Spelling:
    """A text, and where its characters stand in the original.

    `pieces` are (place here, start there, end there) in order, each up to the next one's place. A piece as
    long as its original is the same text; any other is one character that was written with several.
    """

    def __init__(
        self, text: str, pieces: list[tuple[int, int, int]] | None = None, *, beneath: Spelling | None = None
    ) -> None:
        self.text = text
        self._beneath = beneath  # the spelling that this one was made of
        self._pieces = pieces or [(0, 0, len(text))]
        self._places = [piece[0] for piece in self._pieces]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The original's characters behind `text[start:end]`, which is not empty."""
        low, high = self._there(start)[0], self._there(end - 1)[1]
        return self._beneath.original(low, high) if self._beneath else (low, high)

    def _there(self, at: int) -> tuple[int, int]:
        index = bisect_right(self._places, at) - 1
        place, start, end = self._pieces[index]
        following = self._places[index + 1] if index + 1 < len(self._places) else len(self.text)
        if following - place == end - start:
            return start + at - place, start + at - place + 1
        return start, end


def spellings(text: str) -> Iterator[Spelling]:
    """The text in every spelling that differs, the plainest first; gaps between digits are not closed yet."""
    yield Spelling(straighten(text))
    may_be_escaped = "\\" in text or "%" in text or "&" in text or not text.isascii()
    if may_be_escaped and ESCAPE.search(text):
        yield _decoded(text)


def straighten(text: str) -> str:
    """The text with one plain character for each odd one; as long as before."""
    return text if text.isascii() or not ODD.search(text) else text.translate(_TABLE)


def with_gaps_closed(spelling: Spelling) -> Spelling | None:
    """The same without what stands between single digits; None where there are no such."""
    return _closed(spelling) if _SPACED.search(spelling.text) else None


def _closed(spelling: Spelling) -> Spelling:
    text = spelling.text
    written: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    at = place = 0
    for run in _SPACED.finditer(text):
        for gap in _GAP.finditer(text, run.start(), run.end()):
            pieces.append((place, at, gap.start()))
            written.append(text[at : gap.start()])
            place += gap.start() - at
            at = gap.end()
    pieces.append((place, at, len(text)))
    written.append(text[at:])
    return Spelling("".join(written), pieces, beneath=spelling)


def _decoded(text: str) -> Spelling:
    written: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    at = place = 0
    for escape in ESCAPE.finditer(text):
        if escape.start() > at:
            pieces.append((place, at, escape.start()))
            written.append(text[at : escape.start()])
            place += escape.start() - at
        for letter, start, end in _decode(escape):
            pieces.append((place, start, end))
            written.append(letter)
            place += 1
        at = escape.end()
    pieces.append((place, at, len(text)))
    written.append(text[at:])
    return Spelling(straighten("".join(written)), pieces)


def _decode(escape: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    if escape["bytes"]:
        yield from _decode_bytes(escape)
    elif not escape["none"]:
        yield _letter(escape), escape.start(), escape.end()


def _letter(escape: re.Match[str]) -> str:
    if escape["letter"]:
        return _LETTERS.get(escape["letter"], escape["letter"])
    if escape["quote"]:
        return '"'
    digits, base = (escape["number"], 10) if escape["number"] else (escape["code"] or escape["hex"], 16)
    point = int(digits, base)
    return chr(point) if point <= sys.maxunicode else "\ufffd"


def _decode_bytes(escape: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    """A run of %XX as UTF-8; each character spans its own bytes, a broken one stays as it was written."""
    units = list(_UNIT.finditer(escape.string, escape.start(), escape.end()))
    raw = bytes(int(unit[1], 16) for unit in units)
    at = 0
    for letter in raw.decode("utf-8", "surrogateescape"):
        size = len(letter.encode("utf-8", "surrogateescape"))
        yield letter, units[at].start(), units[at + size - 1].end()
        at += size
