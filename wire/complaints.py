"""A complaint of the schema checker in words that a person can act on.

msgspec says "Expected `int`, got `str`"; the author of a catalogue wants to know that a level is 1 to 4.
What is not known here keeps the checker's words, so nothing is ever hidden.

>>> str(in_words("Expected `int` <= 4", "$.modules[0].errors[0].level"))
'level is a whole number from 1 (the service is interrupted) to 4 (now and then)'
>>> str(in_words("Expected `array`, got `str`", "$.modules[0].errors[2].samples"))
'modules[0].errors[2].samples is a list, not a text'
"""

from __future__ import annotations

import re
from collections.abc import Callable

from wire.sentence import Sentence, sentence

_FILE = sentence("the file")
_KINDS = {
    "int": sentence("a whole number"),
    "float": sentence("a number"),
    "str": sentence("a text"),
    "bool": sentence("true or false"),
    "array": sentence("a list"),
    "object": sentence("a mapping of names to values"),
    "null": sentence("nothing"),
}
_MEANT = {
    "level": sentence("level is a whole number from 1 (the service is interrupted) to 4 (now and then)"),
    "code": sentence("a code is letters, digits, dots, dashes and underscores, at most 64, such as BIL-1001"),
    "clears_by": sentence("clears_by is the code of the same module that says that the fault is gone"),
}
_GOT = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<given>[^`]+)`")
_LENGTH = re.compile(r"Expected `(?P<kind>str|array|object)` of length (?P<sign>>=|<=) (?P<limit>\d+)")
_BOUND = re.compile(r"Expected `(?:int|float)` (?P<sign>>=|<=|>|<) (?P<limit>[\d.]+)")
_MATCHING = re.compile(r"Expected `str` matching regex .*")
_ENUM = re.compile(r"Invalid enum value (?P<value>.*)", re.DOTALL)


def checked_in_words(message: str, whole: Sentence = _FILE) -> Sentence:
    """The whole message of a `msgspec.ValidationError`, which may name its place in `whole` behind it.

    >>> str(checked_in_words("Expected `int` <= 4 - at `$.level`"))
    'level is a whole number from 1 (the service is interrupted) to 4 (now and then)'
    """
    problem, _, path = message.partition(" - at `")
    return in_words(problem, path.removesuffix("`") or "$", whole)


def in_words(problem: str, path: str, whole: Sentence = _FILE) -> Sentence:
    """The complaint about the value at `path` (`$.modules[0].code`) as a sentence."""
    name = path.rpartition(".")[2].removesuffix("[...]")
    is_text_problem = _GOT.fullmatch(problem) or _BOUND.fullmatch(problem) or _MATCHING.fullmatch(problem)
    if name in _MEANT and is_text_problem:
        return _MEANT[name]
    for pattern, words in _WORDS:
        if match := pattern.fullmatch(problem):
            return words(match, _named(path, whole))
    return sentence("{where} is wrong: {problem}", where=_named(path, whole), problem=problem.replace("`", ""))


def _named(path: str, whole: Sentence) -> str | Sentence:
    """`modules[0].errors[2].title`, or `whole` itself."""
    return path.removeprefix("$").removeprefix(".") or whole


def _kind(name: str) -> str | Sentence:
    first = name.partition(" | ")[0]
    return _KINDS.get(first, first)


def _got(match: re.Match[str], where: str | Sentence) -> Sentence:
    wanted, given = _kind(match["wanted"]), _kind(match["given"])
    return sentence("{where} is {wanted}, not {given}", where=where, wanted=wanted, given=given)


def _length(match: re.Match[str], where: str | Sentence) -> Sentence:
    limit = int(match["limit"])
    if match["sign"] == ">=":
        return sentence("{where} cannot be empty", where=where)
    if match["kind"] == "str":
        return sentence("{where} has more than {limit} characters", where=where, limit=limit)
    return sentence("{where} has more than {limit} entries", where=where, limit=limit)


def _bound(match: re.Match[str], where: str | Sentence) -> Sentence:
    if match["sign"] in (">=", ">"):
        return sentence(
            "{where} is too small: it is {sign} {limit}", where=where, sign=match["sign"], limit=match["limit"]
        )
    return sentence("{where} is too large: it is {sign} {limit}", where=where, sign=match["sign"], limit=match["limit"])


def _matching(_: re.Match[str], where: str | Sentence) -> Sentence:
    return sentence("{where} has characters that are not allowed there", where=where)


def _enum(match: re.Match[str], where: str | Sentence) -> Sentence:
    return sentence("{where} cannot be {value}", where=where, value=match["value"])


_Words = Callable[[re.Match[str], "str | Sentence"], Sentence]
_WORDS: tuple[tuple[re.Pattern[str], _Words], ...] = (
    (_GOT, _got),
    (_LENGTH, _length),
    (_BOUND, _bound),
    (_MATCHING, _matching),
    (_ENUM, _enum),
)
