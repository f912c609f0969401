from __future__ import annotations

from agent.logs.scanner.automaton import AutomatonEngine
from agent.logs.scanner.engines import RANK_BITS, RANK_MASK, Engine
from agent.logs.scanner.everywhere import Everywhere


def test_a_nomination_is_place_and_rank_in_one_number() -> None:
    nomination = 524_288 << RANK_BITS | 999_999
    assert (nomination >> RANK_BITS, nomination & RANK_MASK) == (524_288, 999_999)


def test_every_engine_has_a_name() -> None:
    engines: list[Engine] = [
        AutomatonEngine([], lambda _rank, _line: False),
        Everywhere([], lambda _rank, _line: False),
    ]
    assert [engine.name for engine in engines] == ["ahocorasick", "re"]
