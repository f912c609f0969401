r"""Which texts a line must hold for a pattern to match it.

Pure. `required_literals` walks the parsed pattern and returns a set of texts: every match contains
at least one of them, exactly as written. An empty set means that nothing is known and the pattern
must be tried on every line. The set may be weaker than possible, never wrong: a faster engine
may nominate too many lines, never too few.

How it walks: a sequence is cut into runs of characters that must follow each other; whatever is
not a fixed character (class, dot, optional part, unknown construct) ends the run. Zero-width
positions (`^`, `$`, `\b`) do not. A repeat that must occur gives its content once. An alternation
gives the union of its branches, and nothing when one branch gives nothing. Of all the sets that a
sequence offers the one with the longest shortest text is taken.

>>> sorted(required_literals(r"^(?:ERROR|FATAL): disk \d+ (?P<name>\w+)"))
[': disk ']
>>> sorted(required_literals(r"timeout|refused"))
['refused', 'timeout']
>>> required_literals(r"\d+")
frozenset()
"""

from __future__ import annotations

import re
from re import _constants as op  # type: ignore[attr-defined]  # the only view of a parsed pattern that Python has
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

ALTERNATIVES = 64  # a larger set costs more to search for than it saves
REPEATED_CHARS = 64  # `a{1000000}` is no reason to build a megabyte
_NOTHING: frozenset[str] = frozenset()


def required_literals(regex: str) -> frozenset[str]:
    """Texts of which every match of the valid pattern `regex` contains at least one; empty if unknown."""
    try:
        return _best(_offers(parser.parse(regex, re.ASCII)))
    except RecursionError:
        return _NOTHING


def _offers(sequence: Any) -> list[frozenset[str]]:
    """Each set of which a match of `sequence` must contain one member."""
    found: list[frozenset[str]] = []
    run = ""
    for node in sequence:
        code = node[0]
        fixed = _fixed_text(node)
        if fixed is not None:
            run += fixed
        elif code is not op.AT:
            first, offers, last = _inside(node)
            found += [frozenset([run + first]), *offers]
            run = last
    found.append(frozenset([run]))
    return [offer for offer in found if offer and all(offer)]


def _fixed_text(node: Any) -> str | None:
    """The one text that `node` matches, or None when it matches several or unknown ones."""
    code, argument = node
    if code is op.LITERAL:
        return chr(argument)
    if code is op.SUBPATTERN and not argument[1] and not argument[2]:
        return _fixed_sequence(argument[3])
    if code in {op.MAX_REPEAT, op.MIN_REPEAT} and argument[0] == argument[1]:
        text = _fixed_sequence(argument[2])
        if text is not None and len(text) * int(argument[0]) <= REPEATED_CHARS:
            return text * int(argument[0])
    return None


def _fixed_sequence(sequence: Any) -> str | None:
    texts = [_fixed_text(node) for node in sequence]
    return None if None in texts else "".join(text for text in texts if text is not None)


def _inside(node: Any) -> tuple[str, list[frozenset[str]], str]:
    """What a node that is no fixed text adds: text right before it ends, own offers, text that goes on after it."""
    code, argument = node
    if code is op.SUBPATTERN and not argument[1] and not argument[2]:
        return "", _offers(argument[3]), ""
    if code is op.BRANCH:
        return "", _union([_best(_offers(branch)) for branch in argument[1]]), ""
    if code in {op.MAX_REPEAT, op.MIN_REPEAT} and argument[0] > 0:
        text = _fixed_sequence(argument[2]) or ""
        return text, _offers(argument[2]), text  # the first round follows the text before, the last precedes the rest
    return "", [], ""


def _union(branches: list[frozenset[str]]) -> list[frozenset[str]]:
    union = frozenset[str]().union(*branches)
    return [union] if all(branches) and len(union) <= ALTERNATIVES else []


def _best(offers: list[frozenset[str]]) -> frozenset[str]:
    return max(offers, key=lambda offer: (min(map(len, offer)), -len(offer)), default=_NOTHING)
