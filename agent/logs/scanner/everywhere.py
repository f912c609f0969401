"""Patterns that nothing nominates: tried on every line by `re` itself. As an engine of its own, the slowest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.logs.scanner.engines import RANK_BITS


class Everywhere:
    """A loop of `re`; right by definition."""

    name = "re"

    def __init__(self, ranks: Sequence[int], matches: Callable[[int, str], bool]) -> None:
        self._ranks = sorted(set(ranks))
        self._matches = matches

    def nominate(self, lines: bytes) -> list[int]:
        """See `Engine`."""
        found: list[int] = []
        if not self._ranks or not lines:
            return found
        end = -1
        for line in lines.decode("utf-8", "surrogatepass").removesuffix("\n").split("\n"):
            end += len(line.encode("utf-8", "surrogatepass")) + 1
            bare = line.removesuffix("\r")
            found += [end << RANK_BITS | rank for rank in self._ranks if self._try(rank, line, bare)]
        return found

    def _try(self, rank: int, line: str, bare: str) -> bool:
        """Nominate with and without the return: whether it belongs to the line is not known here."""
        return self._matches(rank, bare) or (line is not bare and self._matches(rank, line))
