"""Equal events of one step of reading as one event with a count.

Events are equal when module, code and identity values are. The first carries the evidence (text, fields,
context); up to three further texts that differ are samples. A fault is not folded past its clearing, nor
a clearing past its fault: `fault, clear, fault` must arrive as three.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec

from wire.catalogue.model import Catalogue
from wire.limits import FIELD_CHARS, LINE_CHARS, RECORD_CHARS, SAMPLES_PER_EVENT
from wire.messages import Event

CUT_MARK: Final = " …"
SAMPLE_CHARS: Final = LINE_CHARS  # three whole stack traces beside the first would not fit a batch


def clip(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, marked where it was cut."""
    return text if len(text) <= limit else text[: limit - len(CUT_MARK)] + CUT_MARK


def clip_record(text: str) -> str:
    """A record's text as the wire takes it."""
    return clip(text, RECORD_CHARS)


def clip_line(text: str) -> str:
    """A context line as the wire takes it."""
    return clip(text, LINE_CHARS)


def clip_field(text: str) -> str:
    """A field's value as the wire takes it."""
    return clip(text, FIELD_CHARS)


@dataclass
class _Burst:
    first: Event
    count: int = 1
    first_at: datetime = field(init=False)
    last_at: datetime = field(init=False)
    samples: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first_at = self.last_at = self.first.occurred_at

    def event(self) -> Event:
        if self.count == 1:
            return self.first
        return msgspec.structs.replace(
            self.first, count=self.count, first_at=self.first_at, last_at=self.last_at, samples=self.samples
        )


Key = tuple[str, str, tuple[tuple[str, str], ...], bool]


class Bursts:
    """Folds the events of one step; `events` gives them in the order of their first occurrences."""

    def __init__(self, opposites: dict[tuple[str, str], set[str]]) -> None:
        self._opposites = opposites
        self._open: dict[Key, _Burst] = {}
        self._all: list[_Burst] = []

    def __len__(self) -> int:
        return len(self._all)

    def fold(self, key: Key, occurred_at: datetime, text: str) -> bool:
        """Count one more of `key`; False when this is the first, which is then given to `start`."""
        burst = self._open.get(key)
        if burst is None:
            return False
        burst.count += 1
        if occurred_at > burst.last_at:
            burst.last_at = occurred_at
        elif occurred_at < burst.first_at:
            burst.first_at = occurred_at
        if len(burst.samples) < SAMPLES_PER_EVENT:
            sample = clip(text, SAMPLE_CHARS)
            if text != burst.first.text and sample not in burst.samples:
                burst.samples.append(sample)
        return True

    def start(self, key: Key, event: Event) -> None:
        """A first occurrence; ends the bursts that it contradicts."""
        against = self._opposites.get(key[:2])
        if against:
            for other in [other for other in self._open if other[0] == key[0] and other[1] in against]:
                del self._open[other]
        burst = _Burst(event)
        self._open[key] = burst
        self._all.append(burst)

    def events(self) -> list[Event]:
        """What was folded so far."""
        return [burst.event() for burst in self._all]


def find_opposites(catalogue: Catalogue) -> dict[tuple[str, str], set[str]]:
    """For each (module, code): the codes of the module that it clears, or that clear it."""
    opposites: dict[tuple[str, str], set[str]] = {}
    for module, error in catalogue.codes():
        if error.clears_by is not None:
            opposites.setdefault((module.code, error.code), set()).add(error.clears_by)
            opposites.setdefault((module.code, error.clears_by), set()).add(error.code)
    return opposites
