"""Threads that may get stuck, so that the one that gives the tasks does not.

A read from a dead network file system does not return, and nothing can end it: the thread sleeps in
the kernel. So what touches logs is done by a hand, a thread that does one task at a time, and whoever gives the
task waits only so long. A hand that does not come back is left alone with its task, and another takes the next
one; when the file system answers again, the task ends as any other, and the hand goes away. Where no
thread can be had, the tasks are done by the caller: better slow than not at all.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

PATIENCE_S: Final = 10.0
STUCK_MAX: Final = 16  # hands that are left alone; when so many are, nothing new is begun

_log = logging.getLogger("sitewarden")


@dataclass
class _Job:
    """One task with what became of it."""

    task: Callable[[], object]
    error: Exception | None = None
    is_done: bool = False
    is_left: bool = False  # nobody waits for it any more


@dataclass
class _Hand:
    """A thread's two boxes; None in the first one ends it."""

    jobs: queue.SimpleQueue[_Job | None] = field(default_factory=queue.SimpleQueue)
    done: queue.SimpleQueue[_Job] = field(default_factory=queue.SimpleQueue)


class Hands:
    """Does tasks one after another; one that hangs holds up the others only once."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._hand: _Hand | None = None
        self._lock = threading.Lock()
        self.stuck = 0

    def do(self, task: Callable[[], object]) -> bool:
        """Whether the task is done; false when it goes on without being waited for. Raises what the task raises."""
        if self.is_exhausted:
            return False
        hand = self._hand = self._hand or self._grown()
        if hand is None:
            task()
            return True
        job = _Job(task)
        hand.jobs.put(job)
        try:
            hand.done.get(timeout=self._patience_s)
        except queue.Empty:
            if self._leave(hand, job):
                return False
        if job.error is not None:
            raise job.error
        return True

    @property
    def is_exhausted(self) -> bool:
        """Whether so many are stuck that nothing new is begun."""
        return self.stuck >= STUCK_MAX

    def close(self) -> None:
        """Send the hand home; one that is stuck goes when it can."""
        if self._hand:
            self._hand.jobs.put(None)
            self._hand = None

    def _leave(self, hand: _Hand, job: _Job) -> bool:
        """Leave the hand alone with its job, unless it has finished this moment."""
        with self._lock:
            if job.is_done:
                hand.done.get()
                return False
            job.is_left = True
            self.stuck += 1
        self.close()
        return True

    def _grown(self) -> _Hand | None:
        hand = _Hand()
        try:
            threading.Thread(target=self._work, args=(hand,), name="logs", daemon=True).start()
        except RuntimeError:  # the limit of threads
            return None
        return hand

    def _work(self, hand: _Hand) -> None:
        while (job := hand.jobs.get()) is not None:
            try:
                job.task()
            except Exception as error:  # noqa: BLE001  # a loop of its own; the giver of the task raises it
                job.error = error
            with self._lock:
                job.is_done = True
                self.stuck -= job.is_left
                hand.done.put(job)
            if job.is_left and job.error:
                _log.error("what was stuck ended with a mistake", exc_info=job.error)
