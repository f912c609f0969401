"""Stored events become signals again, as ingest made them: levels of today's catalogues, clearing codes too."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from collector.lab import repository as rows
from collector.lab.model import Question
from collector.replay.lines import Maintenance
from collector.replay.past import Life, Seen, Solved
from collector.store.database import Store
from collector.tickets.codebook import ALIVE_CODE, Codebook, identity_of, is_cleared
from collector.tickets.desk.model import SILENT_CODE, SITE_MODULE
from collector.tickets.desk.port import About
from collector.tickets.model import Signal
from collector.tickets.recording import Sighting, signal_of
from wire.messages import Event

Line = Seen | Life | Solved | Maintenance


def lines(store: Store, codebook: Codebook, question: Question, first: int, limit: int) -> Iterator[Line]:
    """Everything since then in the order of time."""
    with store.reading() as connection:
        windows = rows.windows(connection, question.since, question.sites)
        solved = rows.resolutions(connection, question.since, question.sites)
    events = _Signals(codebook).of(rows.events(store, first, question.sites, limit))
    acts: list[Line] = [Solved(row.at, row.hash, row.fixed_in) for row in solved]
    acts += [_window(row, question.since) for row in windows]
    return iter(heapq.merge(events, sorted(acts, key=_at), key=_at))


def _at(line: Line) -> datetime:
    return line.at


def _window(row: Any, since: datetime) -> Maintenance:
    until = row.until if row.removed_at is None else max(row.since, min(row.until, row.removed_at))
    return Maintenance(at=max(since, row.created_at), site=row.site_id, since=row.since, until=until)


class _Signals:
    """Remembers what was seen, so that a clearing code finds what it clears."""

    def __init__(self, codebook: Codebook) -> None:
        self._codebook = codebook
        self._known: dict[tuple[str, str, str], dict[str, tuple[About, dict[str, str]]]] = defaultdict(dict)
        self._latest: datetime | None = None

    def of(self, found: Iterator[Any]) -> Iterator[Line]:
        """The lines of each stored event."""
        for row in found:
            event = msgspec.json.decode(row.body, type=Event)
            at = self._latest = max(row.received_at, self._latest or row.received_at)
            if event.module == SITE_MODULE and event.code in (SILENT_CODE, ALIVE_CODE):
                yield Life(at, row.site_id, event.identity.get("host", ""), event.code == ALIVE_CODE)
            else:
                yield from self._judged(row, event, at)

    def _judged(self, row: Any, event: Event, at: datetime) -> Iterator[Line]:
        facts = self._codebook.facts(event)
        signal: Signal = signal_of(Sighting(event, at), facts)
        about = About(row.hash, row.site_id, event.module, event.code, "fault")
        if not facts.clears:
            self._known[row.site_id, event.module, event.code][row.hash] = (about, identity_of(event, facts))
            yield Seen(at, about, signal)
            return
        for code in facts.clears:
            for cleared, identity in list(self._known[row.site_id, event.module, code].values()):
                if is_cleared(identity, event):
                    yield Seen(at, cleared, signal, is_event=False)
