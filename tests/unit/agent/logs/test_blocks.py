from __future__ import annotations

import pytest

from agent.logs.blocks import Block
from agent.logs.decode import RawLine, Splitter, decode_lines
from agent.settings.encoding import find_encoding

TEXT = "one\r\n둘\n\nfour\r\n"


def plain(text: str = TEXT, start: int = 100) -> Block:
    return Block(start, text.encode())


def listed(text: str = TEXT, start: int = 100) -> Block:
    encoding = find_encoding("utf-8")
    lines = Splitter(encoding, start).feed(text.encode())
    return Block.of_lines(start, lines, decode_lines(encoding, lines).texts)


@pytest.mark.parametrize("block", [plain(), listed()])
def test_both_kinds_tell_the_same(block: Block) -> None:
    assert block
    assert (block.start, block.end, block.count()) == (100, 100 + len(TEXT.encode()), 4)
    assert block.read_all() == ["one", "둘", "", "four"]
    at = block.text.index(b"four")
    assert block.offset(at, 3) == 100 + TEXT.encode().index(b"four")
    assert block.raw(at, 3, 1) == [RawLine(block.offset(at, 3), block.end, b"four")]
    assert block.back(at, 1) == at - 1
    assert block.back(at, 99) == 0
    assert block.forward(0, 1) == block.text.index("둘".encode())
    assert block.forward(0, 99) == len(block.text)
    assert block.between(block.back(at, 2), at) == ["둘", ""]
    rest = block.rest(at, 3)
    assert (rest.start, rest.end, rest.read_all()) == (block.offset(at, 3), block.end, ["four"])
    assert not block.rest(len(block.text), 4)


@pytest.mark.parametrize(("one", "two"), [(plain, plain), (plain, listed), (listed, plain), (listed, listed)])
def test_any_two_can_be_joined(one: type[Block], two: type[Block]) -> None:
    first, second = one("a\r\n"), two("b\nc\n", 103)  # type: ignore[arg-type,call-arg]  # two functions of one shape
    joined = first.joined(second)
    assert (joined.start, joined.end, joined.read_all()) == (100, 107, ["a", "b", "c"])
    assert [line.raw for line in joined.raw(0, 0, 3)] == [b"a", b"b", b"c"]
    assert [line.start for line in joined.raw(0, 0, 3)] == [100, 103, 105]


def test_nothing_is_no_block() -> None:
    assert not plain("")
    assert plain().joined(plain("")).read_all() == plain().read_all()


def test_a_return_that_belongs_to_the_line_stays() -> None:
    assert listed("a\r\r\n").read_all() == plain("a\r\r\n").read_all() == ["a\r"]
    assert listed("a\r\r\n").raw(0, 0, 1) == plain("a\r\r\n").raw(0, 0, 1)
