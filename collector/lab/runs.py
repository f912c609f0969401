"""Runs a question twice in a thread of its own: with the rules in force, and with the others.

One question at a time; bounded in events and time; it reads and never writes. The last answer stays
until the next question.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from collector.errors import TicketRefused
from collector.lab import past
from collector.lab import repository as rows
from collector.lab.model import EVENTS_MAX, RUN_S, Outcome, Progress, Question
from collector.replay.past import Seen
from collector.replay.run import Replay
from collector.settings.model import Rules
from collector.store.database import Store
from collector.tickets.codebook import Codebook
from collector.tickets.desk.model import NoticeKind
from wire.sentence import sentence

log = logging.getLogger(__name__)


class _Stopped(Exception):
    """The time is over, or the collector ends."""


class Lab:
    """The one run of this process."""

    def __init__(
        self, store: Store, monotonic: Callable[[], float], stopping: threading.Event, limit: int = EVENTS_MAX
    ) -> None:
        self._store = store
        self._monotonic = monotonic
        self._stopping = stopping
        self._limit = limit
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self.progress: Progress | None = None

    def ask(self, question: Question, codebook: Codebook, rules: Rules, *, actor: str, now: datetime) -> None:
        """Begin; `TicketRefused` while another question is answered."""
        with self._starting:
            if self.progress is not None and self.progress.is_running:
                raise TicketRefused(sentence("the lab answers another question; wait until it is done"))
            self.progress = Progress(question, now, actor)
        self._thread = threading.Thread(target=self._answer, args=(codebook, rules), name="lab", daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Whether it is done within so long."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self.progress is None or not self.progress.is_running

    def _answer(self, codebook: Codebook, rules: Rules) -> None:
        try:
            self._run_both(codebook, rules)
            self._note(is_running=False)
        except _Stopped:
            why = sentence("it took longer than {seconds} s; choose fewer days or sites", seconds=int(RUN_S))
            self._note(is_running=False, failed=why)
        except Exception:
            log.exception("the lab's question could not be answered")
            self._note(is_running=False, failed=sentence("it failed; the collector's log says why"))

    def _run_both(self, codebook: Codebook, rules: Rules) -> None:
        question = self._now().question
        with self._store.reading() as connection:
            first = rows.first_event(connection, question.since)
            found = 0 if first is None else rows.count_events(connection, first, question.sites, self._limit)
        total = min(found, self._limit)
        self._note(total=2 * total, is_cut=found > self._limit)
        for tried in (rules, question.rules):
            replay = Replay(tried)
            if first is not None:
                found_lines = past.lines(self._store, codebook, question, first, total)
                replay.run(self._watched(found_lines))
            self._note(outcomes=(*self._now().outcomes, _outcome(replay)))

    def _watched(self, found: Iterable[past.Line]) -> Iterator[past.Line]:
        until = self._monotonic() + RUN_S
        for line in found:
            if self._stopping.is_set() or self._monotonic() > until:
                raise _Stopped
            yield line
            if isinstance(line, Seen) and line.is_event:
                self._note(done=self._now().done + 1)

    def _now(self) -> Progress:
        if self.progress is None:
            raise ValueError("nobody asked")
        return self.progress

    def _note(self, **values: object) -> None:
        self.progress = replace(self._now(), **values)  # type: ignore[arg-type]


def _outcome(replay: Replay) -> Outcome:
    summary = replay.summary()
    tickets, notices = summary["tickets"], summary["notices"]
    return Outcome(
        events=summary["events"],
        tickets=Counter(ticket["kind"] for ticket in tickets),
        reopened=sum(ticket["reopen_count"] for ticket in tickets),
        recurring=sum(ticket["recurrence_of"] is not None for ticket in tickets),
        problems=len(summary["problems"]),
        transient=summary["transient"],
        suppressed=summary["suppressed"],
        notices={kind.value: notices[kind.value] for kind in NoticeKind},
    )
