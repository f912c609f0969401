"""What a database kept of the past, as a replay takes it: signals as ingest judged them, lives, resolutions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collector.tickets.desk.port import About
from collector.tickets.model import Signal


@dataclass(frozen=True)
class Seen:
    """A signal of a fingerprint; `is_event` is whether it counts as an event, or is what one event cleared."""

    at: datetime
    about: About
    signal: Signal
    is_event: bool = True


@dataclass(frozen=True)
class Life:
    """A host was missed, or heard again."""

    at: datetime
    site: str
    host: str
    is_heard: bool


@dataclass(frozen=True)
class Solved:
    """A person resolved what was live of a fingerprint."""

    at: datetime
    key: str
    fixed_in: str | None
