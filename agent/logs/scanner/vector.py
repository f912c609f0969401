"""The fast engine: hyperscan (Vectorscan on ARM) over a whole chunk of lines.

What the library refuses is looked for by its literals; what has none either is tried everywhere. Nothing that it
nominates is believed, nothing that `re` would find may be missing: `bytes_pattern.py` says how.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from agent.logs.scanner.engines import RANK_BITS, EngineRefused
from agent.logs.scanner.everywhere import Everywhere
from agent.logs.scanner.needles import Needle

try:
    import hyperscan
except ImportError:  # no wheel for this platform
    hyperscan = None  # type: ignore[assignment]  # looked at by `is_available` alone

REFUSED_TRIED_MAX: Final = 2_000  # patterns are tried one by one when all together are refused


class Order(NamedTuple):
    """What goes into a database as (rank, expression), which ranks are tried everywhere, how costly it is to make."""

    expressions: list[tuple[int, bytes]]
    everywhere: list[int]
    automata: int  # expressions that are more than a text


def is_available() -> bool:
    """Whether the library is on this host."""
    return hyperscan is not None


def version() -> str:
    """Package and processor: what a database that was made once depends on.

    The library's own version is asked by compiling, whose code would stay in memory; loading a database of
    another version is refused anyway.
    """
    return f"{getattr(hyperscan, '__version__', '?')} {platform.machine()} {_processor()}"


def _processor() -> str:
    """What the processor can do, as Linux tells it: a database is made for one kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def order(needles: Sequence[Needle], refused: frozenset[int] = frozenset()) -> Order:
    """How to look for these; `refused` are the places in `needles` whose regex the library does not take."""
    expressions: list[tuple[int, bytes]] = []
    everywhere: list[int] = []
    automata = 0
    for at, needle in enumerate(needles):
        if needle.regex and at not in refused:
            expressions.append((needle.rank, needle.regex.encode()))
            automata += 1
        elif needle.literals:
            expressions += [(needle.rank, _escaped(literal)) for literal in needle.literals]
        else:
            everywhere.append(needle.rank)
    return Order(expressions, everywhere, automata)


def find_refused(needles: Sequence[Needle]) -> frozenset[int]:
    """The places in `needles` whose regex the library does not take."""
    regexes = [(at, needle.regex) for at, needle in enumerate(needles) if needle.regex]
    rest = frozenset(at for at, _ in regexes[REFUSED_TRIED_MAX:])
    return rest | {at for at, regex in regexes[:REFUSED_TRIED_MAX] if _compile([(0, regex.encode())]) is None}


def make_database(needles: Sequence[Needle]) -> bytes:
    """The places of refused patterns as a line of JSON, then the library's bytes. Raises `EngineRefused`.

    Seconds and some ten megabytes for a thousand automata, milliseconds for a thousand texts.
    """
    refused = frozenset[int]()
    made = _compile(order(needles).expressions)
    if made is None:
        refused = find_refused(needles)
        made = _compile(order(needles, refused).expressions)
    if made is None:
        raise EngineRefused("the library takes no database of these patterns")
    return msgspec.json.encode(sorted(refused)) + b"\n" + made


def _compile(expressions: Sequence[tuple[int, bytes]]) -> bytes | None:
    if not expressions:
        return b""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    ranks = [rank for rank, _ in expressions]
    flags = [hyperscan.HS_FLAG_MULTILINE] * len(ranks)
    try:
        database.compile(expressions=[expression for _, expression in expressions], ids=ranks, flags=flags)
        return bytes(hyperscan.dumpb(database))
    except (hyperscan.error, MemoryError):
        return None


class VectorEngine:
    """A database at work. For one thread at a time: it has one scratch space."""

    name = "hyperscan"

    def __init__(self, needles: Sequence[Needle], made: bytes, matches: Callable[[int, str], bool]) -> None:
        """`made` is from `make_database` of the same needles; raises `EngineRefused`."""
        head, _, raw = made.partition(b"\n")
        self._database: Any = None
        try:
            refused = frozenset(msgspec.json.decode(head, type=list[int]))
            if raw:
                self._database = hyperscan.loadb(raw, hyperscan.HS_MODE_BLOCK)
                self._database.scratch = hyperscan.Scratch(self._database)
        except (hyperscan.error, msgspec.MsgspecError, ValueError, TypeError) as error:
            raise EngineRefused(str(error)) from error
        self._everywhere = Everywhere(order(needles, refused).everywhere, matches)

    def nominate(self, lines: bytes) -> list[int]:
        """See `Engine`."""
        found = self._everywhere.nominate(lines)
        append = found.append

        def on_match(rank: int, _start: int, end: int, _flags: int, _context: object) -> None:
            append(end << RANK_BITS | rank)

        if self._database is not None and lines:
            self._database.scan(lines, match_event_handler=on_match)
        found.sort()
        return found


def _escaped(literal: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in literal)
