"""What a detector finds, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Protocol


class Confidence(StrEnum):
    """How sure a finding is. Both are hidden; the difference is for whoever reads `redact --explain`."""

    HIGH = "high"  # a checksum holds, or a name beside it says what it is
    MEDIUM = "medium"  # only the shape says so


class Gate(IntEnum):
    """Which cheap look at the text decides whether a detector is asked at all."""

    NUMBERS = 0  # something like a long number
    WORDS = 1  # a word such as `password`
    ALWAYS = 2  # it looks for itself, cheaply


@dataclass(frozen=True)
class Found:
    """A value in a text: `start` and `end` are characters, `value` is its one spelling."""

    start: int
    end: int
    label: str
    value: str
    confidence: Confidence
    detector: str


class Detector(Protocol):
    """One kind of value. Pure: a text in, places out."""

    @property
    def name(self) -> str:
        """The name of its switch in the settings."""

    @property
    def gate(self) -> Gate:
        """When it is worth asking."""

    def find(self, text: str) -> Iterator[Found]:
        """Every place of `text` that should be hidden."""
