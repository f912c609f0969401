"""The prefilter never changes an answer: the scanner finds what a plain loop of `re` finds."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from agent.logs.literals import required_literals
from agent.logs.scan import Scanner
from wire.catalogue.dialect import find_problem
from wire.catalogue.model import Catalogue, ErrorCode, Module, Pattern, Texts

# Few characters, so that patterns and lines meet; Hangul, Han, full-width digits and marks among them.
CHARS = "ab1 .오류错误１２[\u0301é"
TEXT = st.text(CHARS, max_size=8)
ATOMS = st.one_of(
    st.text(CHARS, min_size=1, max_size=5).map(re.escape),
    st.sampled_from(["[ab]", "[^a]", ".", r"\d", r"\w", r"\s", r"\b", "^", "$", "[가-힣]", "[0-9１-９]"]),  # noqa: RUF001
)


def _combine(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,1}", "{0}", "+?", "*?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
        inner.map(lambda part: f"({part})"),
    )


REGEXES = st.recursive(ATOMS, _combine, max_leaves=8).filter(lambda regex: find_problem(regex) is None)
PATTERNS = st.one_of(
    REGEXES.map(lambda regex: Pattern(regex=regex)),
    st.text(CHARS, min_size=1, max_size=6).map(lambda text: Pattern(literal=text)),
)


def a_catalogue(codes: list[list[Pattern]]) -> Catalogue:
    errors = [
        ErrorCode(code=f"E{at}", level=2, title=Texts(en="x"), match=patterns) for at, patterns in enumerate(codes)
    ]
    return Catalogue(product="p", version="1", modules=[Module(code="M", name=Texts(en="m"), errors=errors)])


def plain_loop(codes: list[list[Pattern]], lines: list[str]) -> str | None:
    """The contract, word by word."""
    for at, patterns in enumerate(codes):
        for pattern in patterns:
            for line in lines:
                if pattern.literal is not None and pattern.literal in line:
                    return f"E{at}"
                if pattern.regex is not None and re.search(pattern.regex, line, re.ASCII):
                    return f"E{at}"
    return None


@given(REGEXES, TEXT)
def test_every_match_contains_a_required_literal(regex: str, text: str) -> None:
    found = re.search(regex, text, re.ASCII)
    literals = required_literals(regex)
    if found and literals:
        assert any(literal in found[0] for literal in literals)


@given(st.lists(st.lists(PATTERNS, min_size=1, max_size=3), min_size=1, max_size=8), st.lists(TEXT, max_size=12))
def test_the_scanner_agrees_with_a_plain_loop(codes: list[list[Pattern]], lines: list[str]) -> None:
    scanner = Scanner(a_catalogue(codes))
    nominated = scanner.nominate(lines)
    for at, line in enumerate(lines):
        found = scanner.decide([line], nominated.get(at, set()))
        assert (found.code.error.code if found else None) == plain_loop(codes, [line])
    found = scanner.find(lines)
    assert (found.code.error.code if found else None) == plain_loop(codes, lines)


@given(st.data())
def test_literals_that_overlap_are_all_found(data: st.DataObject) -> None:
    """Anchors that begin, contain and follow each other: a pass that takes what it finds would miss some."""
    literals = data.draw(st.lists(st.text("ab", min_size=3, max_size=9), min_size=2, max_size=12, unique=True))
    line = "".join(data.draw(st.lists(st.sampled_from([*literals, "a", "b", "x"]), max_size=5)))
    nominated = Scanner(a_catalogue([[Pattern(literal=literal)] for literal in literals])).nominate(["x", line, ""])
    expected = {at for at, literal in enumerate(literals) if literal in line}
    assert expected <= nominated.get(1, set())
