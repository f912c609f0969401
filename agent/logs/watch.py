"""Wakes the reader when something is written, so that it need not ask.

The operating system's notices are coalesced: however many come, `wake` is called once at the first and then
every 20 ms at most, so that a log with thousands of writes a second costs fifty looks. Notices are a convenience,
not a source of truth: the loop also reads every few seconds, and where they cannot be had (limit of watches,
network file systems) once a second.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from watchdog.events import (
    DirModifiedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

from wire.sentence import Sentence, sentence

logging.getLogger("watchdog").setLevel(logging.ERROR)  # it warns of notices that came while it was stopped

REST_S: Final = 0.02  # between two wake-ups
# That a file was opened or closed, as we do ourselves, is not even asked for.
_WANTED: Final[list[type[FileSystemEvent]]] = [
    DirModifiedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]


class Watch(Protocol):
    """What the reader needs of it."""

    problem: Sentence | None

    def watch(self, directories: Iterable[str]) -> None:
        """Wake on changes in exactly these directories from now on."""

    def take_notice(self) -> bool:
        """Whether anything was noticed since this was asked last."""

    def close(self) -> None:
        """Wake nobody any more."""


class DirectoryWatch:
    """Notices of the operating system. `problem` says why they are missing, if they are."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self.problem: Sentence | None = None
        self._waker = _Waker(wake)
        self._pacer = threading.Thread(target=self._waker.pace, name="notices", daemon=True)
        self._observer = Observer()
        self._watches: dict[str, ObservedWatch] = {}
        self._missing: set[str] = set()
        self._is_running = False

    def watch(self, directories: Iterable[str]) -> None:
        """Watch exactly `directories`; one that cannot be watched is tried again at the next call."""
        wanted = set(directories)
        for gone in self._watches.keys() - wanted:
            self._observer.unschedule(self._watches.pop(gone))
        if not self._is_running and wanted:
            self._start()
        if self._is_running:
            self._schedule(wanted - self._watches.keys())

    def take_notice(self) -> bool:
        """Whether anything was noticed since this was asked last."""
        return self._waker.take_notice()

    def close(self) -> None:
        """Stop the observer's threads."""
        if self._is_running:
            self._observer.stop()
            self._observer.join()
            self._waker.close()
            self._pacer.join()
            self._is_running = False

    def _start(self) -> None:
        try:
            self._observer.start()
            self._pacer.start()
        except (OSError, RuntimeError) as error:
            self.problem = _without_notices(error)
        else:
            self._is_running = True

    def _schedule(self, directories: Iterable[str]) -> None:
        self.problem = None
        for directory in directories:
            try:
                self._watches[directory] = self._observer.schedule(self._waker, directory, event_filter=_WANTED)
            except OSError as error:
                self.problem = _without_notices(error)


class _Waker(FileSystemEventHandler):
    """Wakes for whatever may mean new lines; that a file was opened or closed, as we do ourselves, does not."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._noticed = threading.Event()
        self._has_told = False
        self._closed = threading.Event()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Something happened in a watched directory."""
        if event.event_type in {"modified", "created", "moved", "deleted"}:
            self._noticed.set()

    def take_notice(self) -> bool:
        """Whether anybody was woken since this was asked last."""
        has_told, self._has_told = self._has_told, False
        return has_told

    def pace(self) -> None:
        """Wake for what was noticed, with a rest after each time; until it is closed."""
        while not self._closed.is_set():
            self._noticed.wait()
            self._noticed.clear()
            if not self._closed.is_set():
                self._has_told = True
                self._wake()
                self._closed.wait(REST_S)

    def close(self) -> None:
        """End `pace`."""
        self._closed.set()
        self._noticed.set()


def _without_notices(error: Exception) -> Sentence:
    reason = getattr(error, "strerror", None) or str(error)
    return sentence("no notice of written lines can be had ({reason}); the logs are read once a second", reason=reason)
