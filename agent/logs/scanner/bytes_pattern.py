r"""A catalogue's pattern -> a pattern over UTF-8 bytes that nominates at least every line that it matches.

hyperscan in byte mode is not `re`: to it `.` is one byte of a Hangul syllable, `[^x]*` and `\s+` run over
line ends, `$` stands before `\n` only, and many bounded repeats are too much. So the parsed pattern is written anew
for bytes, wider where it must be: a character outside ASCII is two to four bytes, no class takes a line
end, `$` allows the `\r` that is dropped, long repeats have no bound. Repeats at either end are cut to what
they need, because each further character would be a further match to be told. Groups lose their names.

The text is valid UTF-8 (others are transcoded before), with `(?m)` in force.

>>> nominating_pattern(r"^(?P<day>\d+) 오류.$")
'^(?:[0-9]+)\\x20\\xec\\x98\\xa4\\xeb\\xa5\\x98[^\\x0a]{1,4}(?:\\x0d)?$'
>>> nominating_pattern(r"\d+ ms\s*")
'[0-9]\\x20ms'
"""

from __future__ import annotations

import re
from re import _constants as op  # type: ignore[attr-defined]  # the only view of a parsed pattern that Python has
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

REPEAT_MAX: Final = 200  # hyperscan takes more, and pays for it with states
CHAR_BYTES: Final = 4  # of one character in UTF-8 at most
_ASCII: Final = frozenset(range(128)) - {0x0A}
_CATEGORIES: Final = {
    op.CATEGORY_DIGIT: frozenset(range(0x30, 0x3A)),
    op.CATEGORY_SPACE: frozenset(b" \t\r\f\v"),
    op.CATEGORY_WORD: frozenset(b"0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
}
_NEGATED: Final = {
    op.CATEGORY_NOT_DIGIT: op.CATEGORY_DIGIT,
    op.CATEGORY_NOT_SPACE: op.CATEGORY_SPACE,
    op.CATEGORY_NOT_WORD: op.CATEGORY_WORD,
}
_PLACES: Final = {
    op.AT_BEGINNING: "^",
    op.AT_BEGINNING_STRING: "^",
    op.AT_END: r"(?:\x0d)?$",
    op.AT_END_STRING: r"(?:\x0d)?$",
    op.AT_BOUNDARY: r"\b",
    op.AT_NON_BOUNDARY: "",  # `re` and automata differ at an empty line: any place will do
}
_REPEATS: Final = {op.MAX_REPEAT, op.MIN_REPEAT}
NEVER: Final = "[^\\x00-\\xff]"


def nominating_pattern(regex: str) -> str | None:
    """The byte pattern for a valid `regex`; None when it may match nothing at all, and so everywhere."""
    try:
        tree = parser.parse(regex, re.ASCII)
        return _sequence(_trim(_trim(list(tree), 0), -1)) if tree.getwidth()[0] else None
    except RecursionError:
        return None


def _trim(nodes: list[Any], side: int) -> list[Any]:
    """Cut repeats at one end of a sequence (0: first, -1: last) to as few rounds as they need."""
    while nodes:
        code, argument = nodes[side]
        if code in _REPEATS and argument[0] != argument[1]:
            if argument[0] == 0:
                nodes = nodes[1:] if side == 0 else nodes[:-1]
                continue
            fewest = (code, (argument[0], argument[0], argument[2]))
            return [fewest, *nodes[1:]] if side == 0 else [*nodes[:-1], fewest]
        if code is not op.SUBPATTERN:
            break
        inner = _trim(list(argument[3]), side)
        nodes = [*inner, *nodes[1:]] if side == 0 else [*nodes[:-1], *inner]
        if inner:
            break
    return nodes


def _sequence(nodes: Any) -> str:
    return "".join(_node(code, argument) for code, argument in nodes)


def _node(code: Any, argument: Any) -> str:
    if code is op.LITERAL:
        return "".join(_byte(byte) for byte in chr(argument).encode("utf-8", "surrogatepass"))
    if code is op.AT:
        return _PLACES[argument]
    if code is op.SUBPATTERN:
        return f"(?:{_sequence(argument[3])})"
    if code is op.BRANCH:
        return f"(?:{'|'.join(_sequence(branch) for branch in argument[1])})"
    if code in _REPEATS:
        return _repeat(*argument)
    return _class(code, argument, 1, 1)


def _repeat(fewest: int, most: Any, body: Any) -> str:
    if most and len(body) == 1 and body[0][0] in {op.ANY, op.IN, op.NOT_LITERAL}:
        code, argument = body[0]
        return _class(code, argument, fewest, most)
    inner = _sequence(body) if most else ""
    return f"(?:{inner}){_times(fewest, most)}" if inner else ""


def _class(code: Any, argument: Any, fewest: int, most: Any) -> str:
    """`fewest` to `most` characters of one class, in bytes."""
    ascii_part, has_others = _members(code, argument)
    if not has_others:
        return (_set(ascii_part) if ascii_part else NEVER) + _times(fewest, most)
    smallest = fewest if ascii_part else 2 * fewest
    largest = most if most is op.MAXREPEAT else most * CHAR_BYTES
    if ascii_part == _ASCII:
        return r"[^\x0a]" + _times(smallest, largest)
    return _set(ascii_part, r"\x80-\xff") + _times(smallest, largest)


def _members(code: Any, argument: Any) -> tuple[frozenset[int], bool]:
    """The ASCII characters of a class, and whether others may belong to it."""
    if code is op.ANY:
        return _ASCII, True
    if code is op.NOT_LITERAL:
        return _ASCII - {argument}, True
    negated = argument[0][0] is op.NEGATE
    inside, all_others, some_others = frozenset[int](), False, False
    for kind, value in argument[1:] if negated else argument:
        chars, others, every = _item(kind, value)
        inside, some_others, all_others = inside | chars, some_others or others, all_others or every
    if negated:
        return _ASCII - inside, not all_others
    return inside & _ASCII, some_others


def _item(kind: Any, value: Any) -> tuple[frozenset[int], bool, bool]:
    """Of one member of a class: its ASCII, whether it has characters beyond, whether it has all of them."""
    if kind is op.LITERAL:
        return frozenset({value} & _ASCII), value > 127, False  # noqa: PLR2004  # the end of ASCII
    if kind is op.RANGE:
        low, high = value
        return frozenset(range(low, min(high, 127) + 1)), high > 127, low <= 128 and high >= 0x10FFFF  # noqa: PLR2004
    if value in _NEGATED:
        return _ASCII - _CATEGORIES[_NEGATED[value]], True, True
    return _CATEGORIES[value], False, False


def _times(fewest: int, most: Any) -> str:
    fewest = min(fewest, REPEAT_MAX)
    if most is op.MAXREPEAT or most > REPEAT_MAX:
        return {0: "*", 1: "+"}.get(fewest, f"{{{fewest},}}")
    if fewest == most:
        return "" if fewest == 1 else f"{{{fewest}}}"
    return "?" if (fewest, most) == (0, 1) else f"{{{fewest},{most}}}"


def _set(chars: frozenset[int], more: str = "") -> str:
    """A class of these bytes, neighbours as ranges."""
    ranges: list[list[int]] = []
    for char in sorted(chars):
        if ranges and ranges[-1][1] == char - 1:
            ranges[-1][1] = char
        else:
            ranges.append([char, char])
    return "[" + "".join(_byte(a) if a == b else f"{_byte(a)}-{_byte(b)}" for a, b in ranges) + more + "]"


def _byte(byte: int) -> str:
    char = chr(byte)
    return char if char.isascii() and char.isalnum() else f"\\x{byte:02x}"
