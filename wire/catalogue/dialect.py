"""Which regular expressions a catalogue may use.

Python `re` decides on the host, with `re.ASCII` and case-sensitive; faster engines only nominate
lines, so a pattern must mean the same in all of them. Left out are look-around, back-references,
conditionals, atomic groups and possessive repeats (no automaton can do them), and inline flags
(they would undo ASCII and case).
"""

from __future__ import annotations

import re
import warnings
from re import _constants as op  # type: ignore[attr-defined]  # the only view of a parsed pattern that Python has
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from wire.catalogue.blowup import blows_up, longest_chain
from wire.sentence import Sentence, sentence

_OUTSIDE = {
    op.ASSERT: sentence("look-around is not part of the pattern dialect"),
    op.ASSERT_NOT: sentence("look-around is not part of the pattern dialect"),
    op.GROUPREF: sentence("back-references are not part of the pattern dialect"),
    op.GROUPREF_EXISTS: sentence("conditional groups are not part of the pattern dialect"),
    op.ATOMIC_GROUP: sentence("atomic groups are not part of the pattern dialect"),
    op.POSSESSIVE_REPEAT: sentence("possessive repeats are not part of the pattern dialect"),
}
_FLAGS = sentence("inline flags are not part of the pattern dialect: patterns are ASCII and case-sensitive")
_BLOWS_UP = sentence(
    "the pattern can take forever on a line that nearly matches: a repeat in a repeat, or alternatives under a"
    " repeat, that match the same text in more than one way"
)
CHAIN_WARNED, CHAIN_REFUSED = 4, 6  # repeats in a row
_CHAIN = sentence(
    "the pattern can take hours on a long line that nearly matches: too many repeats follow each other that may take"
    " each other's text; write what they may hold, as in [^,]* for .*"
)


def compile_pattern(regex: str) -> re.Pattern[str]:
    """The pattern as this product searches it; raises `re.error` for what `re` cannot read."""
    return re.compile(regex, re.ASCII)


def find_problem(regex: str) -> Sentence | None:
    """Why `regex` cannot stand in a catalogue, or None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            tree = parser.parse(regex, re.ASCII)
            compile_pattern(regex)
    except FutureWarning:
        return sentence("a class inside a class, as in [[:alpha:]], is not part of the pattern dialect")
    except (re.error, ValueError, OverflowError) as error:
        return sentence("not a regular expression: {problem}", problem=str(error))
    except RecursionError:
        return sentence("the pattern is nested too deeply")
    if tree.state.flags & ~(re.ASCII | re.UNICODE):
        return _FLAGS
    return _problem_in(tree) or (
        _BLOWS_UP if blows_up(tree) else _CHAIN if longest_chain(tree) >= CHAIN_REFUSED else None
    )


def find_risk(regex: str) -> Sentence | None:
    """Why a valid `regex` may be a mistake although it can stand in a catalogue, or None."""
    if compile_pattern(regex).search(""):
        return sentence("the pattern matches every line, the empty one too")
    if longest_chain(parser.parse(regex, re.ASCII)) >= CHAIN_WARNED:
        return _CHAIN
    if _nests_repeats(parser.parse(regex, re.ASCII), inside=False):
        return sentence("a repeat inside a repeat can take very long on a line that nearly matches")
    return None


def group_names(regex: str) -> set[str]:
    """The named groups of a valid pattern."""
    return set(compile_pattern(regex).groupindex)


def _nests_repeats(node: Any, *, inside: bool) -> bool:
    """Whether an unbounded repeat stands in another one: `(a+)+` tries every way to share out the letters."""
    if isinstance(node, parser.SubPattern | list):
        return any(_nests_repeats(item, inside=inside) for item in node)
    if not isinstance(node, tuple):
        return False
    unbounded = _opcode(node) in {op.MAX_REPEAT, op.MIN_REPEAT} and node[1][1] is op.MAXREPEAT
    return (unbounded and inside) or any(_nests_repeats(item, inside=inside or unbounded) for item in node)


def _opcode(node: tuple[Any, ...]) -> Any:
    """The opcode that this tuple starts with, or None: opcodes are numbers, and so are a repeat's and a group's."""
    return node[0] if node and isinstance(node[0], op._NamedIntConstant) else None  # noqa: SLF001  # the only way to tell


def _problem_in(node: Any) -> Sentence | None:
    """Walk the parsed tree: lists of (opcode, argument), arguments may hold further trees."""
    if isinstance(node, parser.SubPattern | list):
        return next((found for item in node if (found := _problem_in(item))), None)
    if not isinstance(node, tuple):
        return None
    code = _opcode(node)
    if code in _OUTSIDE:
        return _OUTSIDE[code]
    if code is op.SUBPATTERN and (node[1][1] or node[1][2]):
        return _FLAGS
    return next((found for item in node if (found := _problem_in(item))), None)
