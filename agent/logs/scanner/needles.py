"""What each pattern of a catalogue is looked for by.

The longest text that a match must contain costs an engine next to nothing, and so does a false alarm now and
then. Where that text is short, or many codes share it, the pattern itself, widened to bytes, is looked for; and a
pattern that may match nothing at all is tried on every line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from agent.logs.literals import required_literals
from agent.logs.scanner.bytes_pattern import nominating_pattern
from wire.catalogue.model import Pattern

LITERAL_CHARS_MIN: Final = 3  # a shorter text stands in every other line and nominates nothing
TELLING_CHARS: Final = 8  # a text of this length is seldom seen where its pattern does not match
SHARED_MAX: Final = 4  # codes that are all tried wherever their common text stands


@dataclass(frozen=True)
class Needle:
    """One pattern as engines look for it: `literals`, of which each match holds one; `regex` over UTF-8 bytes.

    There is no `regex` where the literals are telling enough. Without both the pattern is tried everywhere.
    """

    rank: int
    literals: tuple[bytes, ...]
    regex: str | None


def find_needles(patterns: Iterable[tuple[int, Pattern]]) -> list[Needle]:
    """The needles of (rank, pattern) pairs, in order."""
    pairs = [(rank, pattern, literals_of(pattern)) for rank, pattern in patterns]
    uses = Counter(text for _, _, texts in pairs for text in texts)
    return [_needle(rank, pattern, texts, uses) for rank, pattern, texts in pairs]


def literals_of(pattern: Pattern) -> frozenset[str]:
    """Texts of which each match contains one; empty where they are unknown or too short to say anything."""
    texts = frozenset([pattern.literal]) if pattern.literal is not None else required_literals(pattern.regex or "")
    return texts if min(map(len, texts), default=0) >= LITERAL_CHARS_MIN else frozenset()


def _needle(rank: int, pattern: Pattern, texts: frozenset[str], uses: Counter[str]) -> Needle:
    literals = tuple(sorted(text.encode("utf-8", "surrogatepass") for text in texts))
    telling = bool(literals) and (pattern.regex is None or min(map(len, literals)) >= TELLING_CHARS)
    if telling and max(uses[text] for text in texts) <= SHARED_MAX:
        return Needle(rank, literals, None)
    if pattern.literal is not None:
        return Needle(rank, literals, "".join(f"\\x{byte:02x}" for byte in pattern.literal.encode()))
    return Needle(rank, literals, nominating_pattern(pattern.regex or ""))
