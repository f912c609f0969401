"""Which engine looks for a catalogue's needles on this host, now.

hyperscan where it is; its database is waited for when that is cheap (texts alone take milliseconds; a child makes
it, because the compiler leaves seven megabytes behind), else
taken from the folder of databases, else made in a child while the automaton of literals reads. Without a
folder (a command that ends soon) it is made on the spot in any case.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from agent.apart import made_apart
from agent.durable import make_private_folder
from agent.logs.scanner import databases, vector
from agent.logs.scanner.automaton import AutomatonEngine
from agent.logs.scanner.engines import Engine, EngineRefused
from agent.logs.scanner.needles import Needle

AT_ONCE_MAX: Final = 40  # automata that are compiled on the spot: 50 ms

Matches = Callable[[int, str], bool]
_log = logging.getLogger("sitewarden")


def choose_engine(needles: Sequence[Needle], matches: Matches, folder: Path | None = None) -> Engine:
    """The engine for these; `folder` is where databases are kept. `matches(rank, line)` is `re`'s word."""
    if not vector.is_available():
        return AutomatonEngine(needles, matches)
    try:
        wanted = vector.order(needles)
        if folder is not None and wanted.automata > AT_ONCE_MAX:
            coming = Coming(needles, wanted, matches, folder)
            return coming.load() or coming
        return vector.VectorEngine(needles, _made(needles, spares_memory=folder is not None), matches)
    except EngineRefused as refusal:
        _log.warning("the fast scanner cannot be used: %s", refusal)
        return AutomatonEngine(needles, matches)


def _made(needles: Sequence[Needle], *, spares_memory: bool) -> bytes:
    """A database of few automata, waited for. What a command compiles itself need not be given back."""
    made = (
        made_apart(lambda: vector.make_database(needles), most=databases.DATABASE_BYTES_MAX) if spares_memory else None
    )
    return vector.make_database(needles) if made is None else made


class Coming:
    """Reads by literals until the child has made the database, and by it from then on."""

    def __init__(self, needles: Sequence[Needle], wanted: vector.Order, matches: Matches, folder: Path) -> None:
        self._needles = needles
        self._matches = matches
        self._folder = folder
        self._digest = databases.digest_of(vector.version(), wanted.expressions)
        self._engine: Engine | None = None
        self._child: databases.Child | None = None
        self._is_settled = False

    @property
    def name(self) -> str:
        """The engine at work."""
        return self._at_work.name

    @property
    def _at_work(self) -> Engine:
        if self._engine is None:  # made only where there is no database yet: megabytes
            self._engine = AutomatonEngine(self._needles, self._matches)
        return self._engine

    def load(self) -> Engine | None:
        """The engine with the kept database, if there is one."""
        raw = databases.read_database(self._folder, self._digest)
        if raw is None:
            return None
        try:
            return vector.VectorEngine(self._needles, raw, self._matches)
        except EngineRefused as refusal:
            _log.warning("a kept database cannot be used and is made again: %s", refusal)
            databases.forget_database(self._folder, self._digest)
            return None

    def nominate(self, lines: bytes) -> list[int]:
        """See `Engine`."""
        if not self._is_settled:
            self._look()
        return self._at_work.nominate(lines)

    def _look(self) -> None:
        try:
            if self._child is None:
                make_private_folder(self._folder)
                self._child = databases.Child(self._folder, self._digest, lambda: vector.make_database(self._needles))
            elif self._child.is_done():
                self._settle()
        except OSError as error:
            self._is_settled = True
            _log.warning("the database of the scanner cannot be made, the slower engine goes on: %s", error)

    def _settle(self) -> None:
        """The child has ended: take what it made, or stay with what there is."""
        self._is_settled = True
        engine = self.load()
        if engine is None:
            _log.warning("the fast scanner does not take this catalogue, the slower engine goes on")
            return
        self._engine = engine
        databases.tidy(self._folder)
