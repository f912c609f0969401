r"""No engine changes an answer: each nominates at least the lines that a plain loop of `re` finds.

Catalogues and lines are random, of few characters so that they meet: Hangul and Han beside `.`, full-width digits,
classes that could cross a line end, returns before line ends, broken bytes, NULs, every kind of encoding.
"""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.logs.blocks import Block
from agent.logs.decode import RawLine, Splitter, decode_lines
from agent.logs.literals import required_literals
from agent.logs.scan import SEVERITY, Scanner
from agent.logs.scanner import vector
from agent.logs.scanner.automaton import AutomatonEngine
from agent.logs.scanner.everywhere import Everywhere
from agent.logs.scanner.needles import find_needles
from agent.settings.encoding import find_encoding
from wire.catalogue.dialect import find_problem
from wire.catalogue.model import Catalogue, ErrorCode, Module, Pattern, Texts

# Few characters, so that patterns and lines meet; Hangul, Han, full-width digits and marks among them.
CHARS = "ab1 .오류错误１２[\u0301é\r\0\t"
TEXT = st.text(CHARS, max_size=8)
ATOMS = st.one_of(
    st.text(CHARS, min_size=1, max_size=5).map(re.escape),
    st.sampled_from(
        [
            "[ab]",
            "[^a]",
            ".",
            r"\d",
            r"\w",
            r"\s",
            r"\S",
            r"\W",
            r"\b",
            r"\B",
            "^",
            "$",
            r"[^\w]",
            r"[\W오]",
            "[^오a]",
            r"\Z",
            "[가-힣]",
            "[0-9１-９]",  # noqa: RUF001
        ]
    ),
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


ENGINES = ["hyperscan", "ahocorasick", "re"]
CATALOGUES = st.lists(st.lists(PATTERNS, min_size=1, max_size=3), min_size=1, max_size=8)
LINES = st.lists(TEXT, max_size=12)


def a_scanner(codes: list[list[Pattern]], engine: str) -> Scanner:
    scanner = Scanner(a_catalogue(codes))
    patterns = [(code.rank, pattern) for code in scanner.codes for pattern in code.error.match]
    needles = find_needles([*patterns, (scanner.severity_rank, Pattern(regex=SEVERITY))])
    matches = scanner._matches
    if engine == "ahocorasick":
        scanner._engine = AutomatonEngine(needles, matches)
    elif engine == "re":
        scanner._engine = Everywhere([needle.rank for needle in needles], matches)
    elif not vector.is_available():
        pytest.skip("hyperscan is not on this platform")
    assert scanner.engine == engine
    return scanner


def answers(scanner: Scanner, blocks: list[Block]) -> list[str | None]:
    """For each line its code, or the mark of an unknown error."""
    found: list[str | None] = []
    for block in blocks:
        before = len(found)
        found += [None] * block.count()
        for at, stop, ranks in scanner.hits(block.text):
            text = block.read(at, stop)
            hit = scanner.decide([text], ranks)
            unknown = "?" if scanner.severity_rank in ranks and scanner.severity_of(text) else None
            found[before + block.text.count(b"\n", 0, at)] = hit.code.error.code if hit else unknown
    return found


def expected(codes: list[list[Pattern]], lines: list[str]) -> list[str | None]:
    return [plain_loop(codes, [line]) or ("?" if re.search(SEVERITY, line, re.ASCII) else None) for line in lines]


def as_blocks(codec: str, content: bytes, cuts: list[int]) -> list[Block]:
    """The content as the reader would meet it, in chunks."""
    encoding = find_encoding(codec).for_head(content)
    splitter, blocks = Splitter(encoding), list[Block]()
    places = [0, *sorted(cut % (len(content) + 1) for cut in cuts), len(content)]
    for start, end in pairwise(places):
        begin = splitter.line_start
        plain = splitter.feed_plain(content[start:end])
        blocks.append(
            Block(begin, plain) if plain is not None else _block(codec, content, splitter.feed(content[start:end]))
        )
    rest = splitter.rest()
    return [*blocks, _block(codec, content, [rest])] if rest else blocks


def _block(codec: str, content: bytes, lines: list[RawLine]) -> Block:
    return Block.of_lines(0, lines, decode_lines(find_encoding(codec).for_head(content), lines).texts)


def as_lines(codec: str, content: bytes) -> list[str]:
    """The contract: cut, then decoded, line by line."""
    encoding = find_encoding(codec).for_head(content)
    splitter = Splitter(encoding)
    lines = splitter.feed(content)
    rest = splitter.rest()
    return decode_lines(encoding, [*lines, rest] if rest else lines).texts


@pytest.mark.parametrize("engine", ENGINES)
@given(codes=CATALOGUES, lines=LINES)
def test_an_engine_agrees_with_a_plain_loop(engine: str, codes: list[list[Pattern]], lines: list[str]) -> None:
    scanner = a_scanner(codes, engine)
    block = Block.of_lines(0, [RawLine(0, 0, b"")] * len(lines), lines)
    assert answers(scanner, [block]) == expected(codes, lines)
    found = scanner.find(lines)
    assert (found.code.error.code if found else None) == plain_loop(codes, lines)


@pytest.mark.parametrize(
    "codec", ["utf-8", "cp949", "euc-kr", "gbk", "gb18030", "shift_jis", "utf-16", "utf-16-be", "latin-1"]
)
@given(data=st.data())
def test_bytes_in_any_encoding_broken_or_not(codec: str, data: st.DataObject) -> None:
    codes, lines = data.draw(CATALOGUES), data.draw(LINES)
    wide = codec.startswith("utf-16")
    ends = [data.draw(st.sampled_from(["\n", "\r\n"])) for _ in lines]
    content = b"".join((line + end).encode(codec, "ignore") for line, end in zip(lines, ends, strict=True))
    junk = data.draw(
        st.lists(st.tuples(st.integers(0, 200), st.sampled_from([b"\xff", b"\xb0", b"\0\0", b"\x81"])), max_size=2)
    )
    for at, broken in junk:
        content = content[:at] + (broken * 2 if wide else broken) + content[at:]
    blocks = as_blocks(codec, content, data.draw(st.lists(st.integers(0, 400), max_size=3)))
    engine = data.draw(st.sampled_from(ENGINES))
    assert answers(a_scanner(codes, engine), blocks) == expected(codes, as_lines(codec, content))


@given(st.data())
def test_literals_that_overlap_are_all_found(data: st.DataObject) -> None:
    """Texts that begin, contain and follow each other: a pass that takes what it finds would miss some."""
    literals = data.draw(st.lists(st.text("ab", min_size=3, max_size=9), min_size=2, max_size=12, unique=True))
    line = "".join(data.draw(st.lists(st.sampled_from([*literals, "a", "b", "x"]), max_size=5)))
    for engine in ENGINES:
        hits = list(
            a_scanner([[Pattern(literal=literal)] for literal in literals], engine).hits(f"x\n{line}\n".encode())
        )
        assert {rank for hit in hits for rank in hit.ranks} >= {at for at, text in enumerate(literals) if text in line}


def test_the_negative_control_sees_an_engine_that_nominates_too_little() -> None:
    scanner = a_scanner([[Pattern(literal="오류 발생")]], "ahocorasick")
    scanner._engine = AutomatonEngine([], scanner._matches)
    assert answers(scanner, [Block(0, "오류 발생\n".encode())]) != expected(
        [[Pattern(literal="오류 발생")]], ["오류 발생"]
    )
