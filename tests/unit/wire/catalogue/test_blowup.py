from __future__ import annotations

import re
from re import _parser as parser  # type: ignore[attr-defined]  # the only view of a parsed pattern that Python has

import pytest

from wire.catalogue.blowup import blows_up, longest_chain
from wire.catalogue.dialect import find_problem, find_risk

BAD = [
    r"(a+)+b",
    r"(?:\w+\s*)+$",
    r"(a{2,}){3,}z",
    r"(.*,)+x",
    r"(?:.|\s)*x",
    r"(a|aa)*b",
    r"(?:\d\d?)*x",
    r"x(?:(?:\d+)?)*y",
    r"(?P<all>(?:[^x]+ ?)*)z",
    r"(?:가+)*나",
    r"(\w{1,40})*!",
    r"(?:a+|b)*c",
    r"(a|a)*b",
    r"(?:x(?:가|가))*b",
    r"(?:ab|ab|c)*d",
]
CHAINS = {
    r"(.*),(.*),(.*),(.*),x": 4,
    r".*a.*b.*c.*d.*e.*f": 6,
    r"\s*\s*\s*\s*\s*\s*\s*x": 7,
    r"\w+-?\w+-?\w+-?\w+!": 4,
    r"x(?:a|(?:.* .* .* .* .* .*y))": 6,
    r"([^,]*),([^,]*),([^,]*),([^,]*),x": 1,
    r"\S+ \S+ \S+ \S+ .* failed": 1,
    r"user .* from .* port .* with .* failed": 1,
    r".*a.*b": 2,
}
GOOD = [
    r"(?:\w+ )*x",
    r"(?:[^,]+,)+x",
    r"x((a|b)*c)*",
    r"(?:(?:ab+)?c)*d",
    r"(?:key=\w+;?)*",
    r"(?:a|b)+c",
    r".*a.*b",
    r"(a{1,9}){1,9}b",
    r"(?:\[\d+\])*",
    r"(?:one|two|three)*x",
    r"(?:ab|a[bc])*d",
    r"(?:\w,?){2,}x",
    r"(?:a+b+)+c",
    r"(?:\d{1,3}\.){3}\d{1,3}",
    r"(?:a(?:b|c)?)*d",
]


@pytest.mark.parametrize("regex", BAD)
def test_what_can_take_forever_is_refused(regex: str) -> None:
    assert blows_up(parser.parse(regex, re.ASCII))
    assert "forever" in str(find_problem(regex))


@pytest.mark.parametrize(("regex", "links"), CHAINS.items())
def test_repeats_in_a_row_are_warned_of_and_many_are_refused(regex: str, links: int) -> None:
    assert longest_chain(parser.parse(regex, re.ASCII)) == links
    assert ("hours" in str(find_problem(regex))) == (links >= 6)
    assert links >= 6 or ("hours" in str(find_risk(regex))) == (links >= 4)


@pytest.mark.parametrize("regex", GOOD)
def test_what_cannot_is_not(regex: str) -> None:
    assert find_problem(regex) is None
