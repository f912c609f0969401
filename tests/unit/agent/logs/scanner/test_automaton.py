from __future__ import annotations

from agent.logs.scanner.automaton import AutomatonEngine
from agent.logs.scanner.engines import RANK_BITS
from agent.logs.scanner.needles import Needle


def test_literals_nominate_and_what_has_none_is_tried() -> None:
    needles = [Needle(0, (b"abc", b"bcd"), None), Needle(1, (b"abc",), None), Needle(2, (), "x")]
    engine = AutomatonEngine(needles, lambda rank, line: "z" in line)
    assert engine.nominate(b"abcd\nz\n") == [3 << RANK_BITS, 3 << RANK_BITS | 1, 4 << RANK_BITS, 6 << RANK_BITS | 2]


def test_no_needles_no_hits() -> None:
    assert AutomatonEngine([], lambda _rank, _line: True).nominate(b"abcd\n") == []
