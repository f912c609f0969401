"""What a host wrote, cut into lines and pieces that a page can quote.

Nothing in it may act: characters that would move a cursor, colour, reverse or hide text become
boxed marks that name them. The template escapes every piece; this file only says which is which.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LINES = 400  # of one record on a page; a longer one says how much is left out
_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)?|[\s\S]")
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters by category, nothing to the eye
_NAMED = {"\r": r"\r", "\n": r"\n", "\0": r"\0", "\b": r"\b", "\a": r"\a"}


@dataclass(frozen=True)
class Piece:
    """Text as it is, or one boxed mark."""

    text: str
    is_mark: bool = False


@dataclass(frozen=True)
class Line:
    """One line; `number` is 0 when the host did not say."""

    number: int
    pieces: tuple[Piece, ...]
    is_hit: bool = False


def quoted_record(text: str, before: Sequence[str], after: Sequence[str], number: int) -> list[Line]:
    """The record with its context; its first line is the hit. `number` is that line's, from 1."""
    own = text.split("\n")[:LINES] if text else []
    lines = [*before, *own, *after]
    first = number - len(before)
    return [
        Line(first + at if number else 0, tuple(pieces(line)), is_hit=at == len(before) and bool(own))
        for at, line in enumerate(lines)
    ]


def left_out(text: str) -> int:
    """How many lines of a record `quoted_record` leaves out."""
    return max(0, text.count("\n") + 1 - LINES)


def output_lines(text: str) -> list[Line]:
    r"""What a program wrote, as numberless lines: terminal sequences are dropped, other marks are shown boxed.

    >>> [piece.text for line in output_lines("\x1b[32mok\x1b[0m a\u202eb\r\n") for piece in line.pieces]
    ['ok a', '\\u202e', 'b']
    """
    plain = "".join(part for found in _SEQUENCE.finditer(text) if len(part := found.group()) == 1)
    lines = plain.replace("\r\n", "\n").rstrip("\n").split("\n") if plain.strip() else []
    return [Line(0, tuple(pieces(line))) for line in lines[:LINES]]


def pieces(text: str) -> Iterator[Piece]:
    r"""`text` cut where something in it would act.

    >>> [(piece.text, piece.is_mark) for piece in pieces("a\x1b[31mb\u202ec")]
    [('a', False), ('\\x1b[31m', True), ('b', False), ('\\u202e', True), ('c', False)]
    """
    if text.isprintable() and _BLANK.isdisjoint(text):
        yield from (Piece(text),) if text else ()
        return
    plain: list[str] = []
    for found in _SEQUENCE.finditer(text):
        part = found.group()
        if len(part) == 1 and not _acts(part):
            plain.append(part)
            continue
        if plain:
            yield Piece("".join(plain))
            plain = []
        yield Piece("".join(_name(char) if _acts(char) else char for char in part), is_mark=True)
    if plain:
        yield Piece("".join(plain))


def _acts(char: str) -> bool:
    if char == "\t":
        return False
    return char in _BLANK or unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _name(char: str) -> str:
    code = ord(char)
    if code < 0x100:  # noqa: PLR2004  # one byte
        return _NAMED.get(char, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004  # the basic plane
