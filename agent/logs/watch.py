"""Wakes the reader when something is written, so that it need not ask.

The operating system's notices are coalesced: however many come, `wake` sets one event, and the
thread clears it before it reads. Notices are a convenience, not a source of truth: the loop also reads once a second,
and where they cannot be had (limit of watches, network file systems) that second is the only difference.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

from wire.sentence import Sentence, sentence

logging.getLogger("watchdog").setLevel(logging.ERROR)  # it warns of notices that came while it was stopped


class Watch(Protocol):
    """What the reader needs of it."""

    problem: Sentence | None

    def watch(self, directories: Iterable[str]) -> None:
        """Wake on changes in exactly these directories from now on."""

    def close(self) -> None:
        """Wake nobody any more."""


class DirectoryWatch:
    """Notices of the operating system. `problem` says why they are missing, if they are."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self.problem: Sentence | None = None
        self._waker = _Waker(wake)
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

    def close(self) -> None:
        """Stop the observer's threads."""
        if self._is_running:
            self._observer.stop()
            self._observer.join()
            self._is_running = False

    def _start(self) -> None:
        try:
            self._observer.start()
        except (OSError, RuntimeError) as error:
            self.problem = _without_notices(error)
        else:
            self._is_running = True

    def _schedule(self, directories: Iterable[str]) -> None:
        self.problem = None
        for directory in directories:
            try:
                self._watches[directory] = self._observer.schedule(self._waker, directory)
            except OSError as error:
                self.problem = _without_notices(error)


class _Waker(FileSystemEventHandler):
    """Wakes for whatever may mean new lines; that a file was opened or closed, as we do ourselves, does not."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Something happened in a watched directory."""
        if event.event_type in {"modified", "created", "moved", "deleted"}:
            self._wake()


def _without_notices(error: Exception) -> Sentence:
    reason = getattr(error, "strerror", None) or str(error)
    return sentence("no notice of written lines can be had ({reason}); the logs are read once a second", reason=reason)
