"""What a probe is: one class in one file that looks at one thing of the host and says what it found.

A probe measures; it does not decide. It yields readings: which fault of the built-in catalogue `host`
this is about, of what (a mount, a unit, a check of the settings), the value with its unit, and the
bounds inside which the value is no fault. `thresholds.py` decides, `probe_watch.py` stores and tells,
`rounds.py` cuts off a probe that hangs. So a probe may simply block and raise; docs/probes.md shows
how to write one outside this package.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from agent.health.thresholds import Bounds
from wire.catalogue.model import Catalogue
from wire.messages import SoftwareKind

BROKEN: Final = Bounds(raise_at=1, clear_at=0.5)  # for readings that are 1 (a fault) or 0
SUBJECT_CHARS: Final = 200


class ProbeFailed(Exception):
    """The probe could not look at all; the text says why and, where possible, what to do."""


@dataclass(frozen=True)
class Reading:
    """One value of one subject.

    `fault` is a code of the module HOST in wire/catalogue/host.yaml whose `clears_by` tells the end of the
    fault; empty for a probe outside this package, whose `level` (1 worst to 4) then chooses among the
    codes HOST-EXT-0001 to HOST-EXT-0004. `forecast` names a code too: the value is a share of what there is
    (percent), and a ticket is due when it will soon reach 100. Without `bounds` there is only the forecast.
    """

    fault: str
    subject: str
    value: float
    unit: str = ""
    bounds: Bounds | None = BROKEN
    text: str = ""
    level: int = 3
    forecast: str = ""

    @property
    def code(self) -> str:
        """The code that is raised.

        >>> Reading("", "freezer", 1, level=2).code
        'HOST-EXT-0002'
        """
        return self.fault or f"HOST-EXT-000{min(4, max(1, self.level))}"


@dataclass(frozen=True)
class Remember:
    """Something the probe wants back at its next reading, and after a restart: `Context.recall` gives it."""

    text: str


@dataclass(frozen=True)
class Listing:
    """Software of one kind with its versions: all of it, every time; what is sent are the differences."""

    of: SoftwareKind
    versions: Mapping[str, str]


Found = Reading | Remember | Listing


class Probe(Protocol):
    """Looks at one thing every `interval_s` seconds. `name` is unique among the probes of a host."""

    name: str
    interval_s: float

    def read(self, now: datetime) -> Iterable[Found]:
        """What is found now. May block for some seconds; raises `ProbeFailed` or OSError when it cannot look."""


class Context(Protocol):
    """What the agent knows and a probe may ask for."""

    def recall(self, probe: str) -> str:
        """What the probe of this name remembered last; empty at its first reading on this host."""

    def catalogues(self) -> Mapping[str, Catalogue]:
        """The vendor's catalogues that are in force, by path."""

    def clock_offset_s(self) -> float | None:
        """How far this host's clock is ahead of the collector's; None while nothing has been exchanged."""

    def monotonic(self) -> float:
        """Seconds of a clock that is never set."""


class MadeByOptions(Protocol):
    """What an entry point of the group `sitewarden.probes` names: a class that is built from its options."""

    def __call__(self, name: str, interval_s: float, options: Mapping[str, str]) -> Probe:
        """The probe; raises ValueError when an option is wrong."""


def reading_of(fault: str, subject: str, *, is_bad: bool, text: str, for_s: float = 0) -> Reading:
    """A reading that is a fault or is none: up or down, there or gone."""
    return Reading(fault, subject, float(is_bad), "", Bounds(1, 0.5, for_s), text)
