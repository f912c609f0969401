"""What all engines have in common: bytes go in, nominations come out.

A nomination is one whole number: where in the bytes the match ends, shifted, and the rank that is nominated. Numbers
sort by place and cost no object of their own shape; a line that is hit by a thousand codes is told
a thousand times, one that is hit by none costs nothing.
"""

from __future__ import annotations

from typing import Final, Protocol

RANK_BITS: Final = 20  # a million codes
RANK_MASK: Final = (1 << RANK_BITS) - 1


class Engine(Protocol):
    """Looks for all needles of a catalogue at once."""

    @property
    def name(self) -> str:
        """What it is called where somebody asks."""

    def nominate(self, lines: bytes) -> list[int]:
        r"""Nominations in ascending order; `lines` is UTF-8, each line ended by `\n`, perhaps with `\r` before."""


class EngineRefused(Exception):
    """The engine cannot be used for this catalogue, or not on this host."""
