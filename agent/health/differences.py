"""What changed in a set of names since it was last thought normal, pure.

The first look makes the set normal. Something new in it, or gone from it, is told for a while (`settle_s`)
and then becomes the new normal by itself: a person has had the ticket by then. What changes back before
that is told no longer.
"""

from __future__ import annotations

from typing import Final

import msgspec

NAMES: Final = 500


class Memory(msgspec.Struct, frozen=True):
    """What was normal, and since when (seconds since 1970) each change has been seen."""

    known: frozenset[str] = frozenset()
    changed: dict[str, float] = {}
    is_first: bool = True


def read_memory(text: str) -> Memory:
    """The memory in `text`; a first one where there is none, or none that can be read."""
    try:
        return msgspec.json.decode(text, type=Memory)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return Memory()


def memory_text(memory: Memory) -> str:
    """The memory as it is stored; equal memories are equal texts."""
    sorted_ = {"known": sorted(memory.known), "changed": dict(sorted(memory.changed.items())), "is_first": False}
    return msgspec.json.encode(sorted_).decode()


def compare(memory: Memory, present: frozenset[str], now_s: float, settle_s: float) -> Memory:
    """The memory after a look at `present`.

    >>> first = compare(Memory(), frozenset("ab"), 0, settle_s=10)
    >>> compare(first, frozenset("bc"), 5, settle_s=10).changed
    {'a': 5, 'c': 5}
    >>> compare(compare(first, frozenset("bc"), 5, settle_s=10), frozenset("bc"), 15, settle_s=10).changed
    {}
    """
    present = frozenset(sorted(present)[:NAMES])
    if memory.is_first:
        return Memory(present, {}, is_first=False)
    seen = {name: min(now_s, memory.changed.get(name, now_s)) for name in sorted(present ^ memory.known)}
    settled = {name for name, since in seen.items() if now_s - since >= settle_s}
    known = (memory.known | (settled & present)) - (settled - present)
    return Memory(known, {name: since for name, since in seen.items() if name not in settled}, is_first=False)
