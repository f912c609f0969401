from __future__ import annotations

import pytest

from agent.logs.scanner import vector
from agent.logs.scanner.engines import RANK_BITS, RANK_MASK, EngineRefused
from agent.logs.scanner.needles import Needle

pytestmark = pytest.mark.skipif(not vector.is_available(), reason="hyperscan has no wheel for this platform")

NEEDLES = [
    Needle(0, (b"overheated",), None),
    Needle(1, (b"abc",), r"abc[0-9]"),
    Needle(2, (b"xyz",), r"xyz(?=a)"),  # the library refuses look-ahead
    Needle(3, (), r"q(?=a)"),
    Needle(4, (), None),
]


def engine(needles: list[Needle]) -> vector.VectorEngine:
    return vector.VectorEngine(needles, vector.make_database(needles), lambda rank, line: line == "every")


def test_what_is_refused_goes_by_its_literal_or_everywhere() -> None:
    assert vector.find_refused(NEEDLES) == {2, 3}
    wanted = vector.order(NEEDLES, frozenset({2, 3}))
    assert ([rank for rank, _ in wanted.expressions], wanted.everywhere, wanted.automata) == ([0, 1, 2], [3, 4], 1)


def test_nominations_come_in_order() -> None:
    found = engine(NEEDLES).nominate(b"xyz\nevery\nabc7 overheated\n")
    assert found == sorted(found)
    assert [(at >> RANK_BITS, at & RANK_MASK) for at in found] == [(3, 2), (9, 3), (9, 4), (14, 1), (25, 0)]


def test_nothing_to_look_for() -> None:
    assert engine([]).nominate(b"x\n") == []
    assert engine(NEEDLES).nominate(b"") == []


@pytest.mark.parametrize("made", [b"", b"[]", b"[]\nrubbish", b"{}\n", b"[]\n" + b"\0" * 5_000, b"\xff\n"])
def test_a_bad_database_is_refused_and_crashes_nothing(made: bytes) -> None:
    if made == b"[]":
        assert vector.VectorEngine(NEEDLES[:1], made, lambda _rank, _line: False).nominate(b"overheated\n") == []
        return
    with pytest.raises(EngineRefused):
        vector.VectorEngine(NEEDLES, made, lambda _rank, _line: False)


def test_a_torn_database_is_refused() -> None:
    made = bytearray(vector.make_database(NEEDLES))
    made[len(made) // 3] ^= 0xFF
    for bad in (bytes(made), bytes(made[: len(made) // 2])):
        with pytest.raises(EngineRefused):
            vector.VectorEngine(NEEDLES, bad, lambda _rank, _line: False)


def test_the_version_names_the_processor() -> None:
    assert vector.version() == vector.version()
    assert len(vector.version()) > 20
