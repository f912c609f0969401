"""Where an agent stands in the exchange, and a batch ready to go: plain values, pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent.spool.usage import Usage


@dataclass(frozen=True)
class Means:
    """Clock and randomness, injected. `new_epoch` gives 16 hexadecimal digits."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    new_epoch: Callable[[], str]


@dataclass(frozen=True)
class Place:
    """Where this agent stands in the exchange; texts and numbers as in `wire.envelope`."""

    agent: str
    epoch: str
    sealed: int
    mark: int
    session: int


@dataclass(frozen=True)
class Sealed:
    """One batch ready to go.

    `doubtful`: it may already have reached the collector. `rewritten`: it holds other records than when
    it may have reached it, because it, or one before it, was broken up.
    """

    epoch: str
    sequence: int
    body: bytes
    records: int
    doubtful: bool
    rewritten: bool = False


@dataclass(frozen=True)
class Stand:
    """How the spool stands, for `status`."""

    place: Place
    usage: Usage
    gaps: int
    parked: int
    is_full: bool
    problem: str = ""
    in_memory: int = 0  # records of the agent itself that wait for the disk
