"""The engine for hosts without hyperscan: one automaton of literals, and `re` on every line for what has none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ahocorasick_rs

from agent.logs.scanner.engines import RANK_BITS
from agent.logs.scanner.everywhere import Everywhere
from agent.logs.scanner.needles import Needle


class AutomatonEngine:
    """Aho-Corasick over the bytes: as many nominations as there are literals in them."""

    name = "ahocorasick"

    def __init__(self, needles: Sequence[Needle], matches: Callable[[int, str], bool]) -> None:
        """`matches(rank, line)` decides for needles that have no literal."""
        by_literal: dict[bytes, set[int]] = {}
        for needle in needles:
            for literal in needle.literals:
                by_literal.setdefault(literal, set()).add(needle.rank)
        self._ranks = [sorted(ranks) for ranks in by_literal.values()]
        self._automaton = ahocorasick_rs.BytesAhoCorasick(list(by_literal)) if by_literal else None
        self._everywhere = Everywhere([needle.rank for needle in needles if not needle.literals], matches)

    def nominate(self, lines: bytes) -> list[int]:
        """See `Engine`."""
        found = self._everywhere.nominate(lines)
        if self._automaton is not None:
            for at, _, end in self._automaton.find_matches_as_indexes(lines, overlapping=True):
                found += [end << RANK_BITS | rank for rank in self._ranks[at]]
        return sorted(found)
