r"""Patterns on which `re` may search for years, found from how they are written.

`re` goes back. Where a repeat stands in a repeat and one round of the outer can be swallowed whole by the inner,
a line of n characters can be shared out in 2^n ways, and all are tried before the answer is no: `(a+)+b`,
`(\w+\s*)+$`, `(.*,)+x`. The same where two alternatives under a repeat match the same text: `(.|\s)*x`, `(a|aa)*b`.
Characters are taken in 129 kinds: ASCII one by one, and all others as one, so that a pattern may be
refused that is harmless.

Repeats beside each other that may take each other's text, as in `(.*),(.*),(.*),(.*)x`, are shared out in about
n^4 ways: nothing on a line of ten commas, hours on one of a thousand. `longest_chain` counts them; repeats between
which more than `APART` characters stand do not count, because a line says ` from ` a few times, not thousands.
"""

from __future__ import annotations

from re import _constants as op  # type: ignore[attr-defined]  # the only view of a parsed pattern that Python has
from typing import Any, Final

OTHERS: Final = 128  # stands for every character outside ASCII
APART: Final = 2
MANY: Final = 25  # rounds; a longer bounded repeat is as bad as an unbounded one
_ALL: Final = frozenset(range(129))
_DIGITS: Final = frozenset(map(ord, "0123456789"))
_SPACES: Final = frozenset(map(ord, " \t\n\r\f\v"))
_WORDS: Final = _DIGITS | frozenset(map(ord, "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
_CATEGORIES: Final = {
    op.CATEGORY_DIGIT: _DIGITS,
    op.CATEGORY_SPACE: _SPACES,
    op.CATEGORY_WORD: _WORDS,
    op.CATEGORY_NOT_DIGIT: _ALL - _DIGITS,
    op.CATEGORY_NOT_SPACE: _ALL - _SPACES,
    op.CATEGORY_NOT_WORD: _ALL - _WORDS,
}
_REPEATS: Final = {op.MAX_REPEAT, op.MIN_REPEAT}


def blows_up(tree: Any) -> bool:
    """Whether some repeat in a parsed pattern can be gone through in exponentially many ways."""
    for code, argument in tree:
        if code in _REPEATS and argument[1] >= MANY and _is_ambiguous(_flat(argument[2])):
            return True
        if any(blows_up(inner) for inner in _inner(code, argument)):
            return True
    return False


def _is_ambiguous(body: list[Any]) -> bool:
    """Whether rounds of this body can be told apart in more than one way."""
    if len(body) == 1 and body[0][0] is op.BRANCH:
        branches = [_flat(branch) for branch in body[0][1][1]]
        pairs = [(one, two) for at, one in enumerate(branches) for two in branches[at + 1 :]]
        return any(map(_is_ambiguous, branches)) or any(_can_be_equal(one, two) for one, two in pairs)
    if any(_is_twofold(node) for node in body):
        return True
    return any(_swallows(node, body[:at] + body[at + 1 :]) for at, node in enumerate(body))


def _is_twofold(node: Any) -> bool:
    """Whether it has alternatives of which two match the same text: `(a|a)` is parsed as `a(|)`."""
    if node[0] is not op.BRANCH:
        return False
    branches = [_flat(branch) for branch in node[1][1]]
    empty = [branch for branch in branches if all(map(_is_optional, branch))]
    pairs = [(one, two) for at, one in enumerate(branches) for two in branches[at + 1 :]]
    return len(empty) > 1 or any(_can_be_equal(one, two) for one, two in pairs)


def longest_chain(tree: Any) -> int:
    """How many repeats follow each other that may each take the others' text."""
    longest = chain = apart = 0
    taken = _ALL
    for node in _flat(tree):
        code, argument = node
        if code in _REPEATS and argument[1] >= MANY:
            own = _chars([node])
            chain = chain + 1 if taken & own else 1
            taken, apart, longest = own, 0, max(longest, chain)
        elif not _is_optional(node):
            apart += 1
            chain = 0 if apart > APART or not taken & _chars([node]) else chain
    return max([longest, *(longest_chain(inner) for code, argument in tree for inner in _inner(code, argument))])


def _swallows(node: Any, others: list[Any]) -> bool:
    """Whether a part that may be longer or shorter can take everything else that a round must have."""
    code, argument = node
    if not (_is_optional(node) or (code in _REPEATS and argument[0] != argument[1])):
        return False
    taken = _chars([node])
    return all(taken & _chars([other]) for other in others if not _is_optional(other))


def _can_be_equal(one: list[Any], two: list[Any]) -> bool:
    """Whether two alternatives, or rounds of the shorter, can match the same text."""
    short, long = sorted((one, two), key=len)
    if not short or any(_width(node) != 1 for node in (*short, *long)):
        return False
    if len(short) not in {1, len(long)}:
        return False
    return all(_chars([short[at % len(short)]]) & _chars([node]) for at, node in enumerate(long))


def _flat(nodes: Any) -> list[Any]:
    """A sequence without its groups and places."""
    flat: list[Any] = []
    for code, argument in nodes:
        if code is op.SUBPATTERN:
            flat += _flat(argument[3])
        elif code is not op.AT:
            flat.append((code, argument))
    return flat


def _inner(code: Any, argument: Any) -> list[Any]:
    if code is op.SUBPATTERN:
        return [argument[3]]
    if code is op.BRANCH:
        return list(argument[1])
    return [argument[2]] if code in _REPEATS else []


def _is_optional(node: Any) -> bool:
    code, argument = node
    if code in _REPEATS:
        return bool(argument[0] == 0) or all(map(_is_optional, _flat(argument[2])))
    return code is op.BRANCH and any(all(map(_is_optional, _flat(branch))) for branch in argument[1])


def _width(node: Any) -> int:
    """1 for one character, else 0."""
    return int(node[0] in {op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN})


def _chars(nodes: Any) -> frozenset[int]:
    """Every character that may stand somewhere in a match."""
    found: frozenset[int] = frozenset()
    for code, argument in nodes:
        found |= _of(code, argument)
        for inner in _inner(code, argument):
            found |= _chars(inner)
    return found


def _of(code: Any, argument: Any) -> frozenset[int]:
    if code is op.LITERAL:
        return frozenset({min(argument, OTHERS)})
    if code is op.NOT_LITERAL:
        return _ALL - {argument}
    if code is op.ANY:
        return _ALL - {0x0A}
    if code is op.IN:
        negated = argument[0][0] is op.NEGATE
        inside = frozenset[int]().union(*(_member(*item) for item in argument[negated:]))
        return (_ALL - inside) | {OTHERS} if negated else inside
    return frozenset()


def _member(kind: Any, value: Any) -> frozenset[int]:
    if kind is op.LITERAL:
        return frozenset({min(value, OTHERS)})
    if kind is op.RANGE:
        return frozenset(range(min(value[0], OTHERS), min(value[1], OTHERS) + 1))
    return _CATEGORIES[value]
