"""What a worker process is told at its start, and the figures that it brings back."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.agents.agent import Member


class Plan(Struct, frozen=True, kw_only=True):
    """One worker's share of the fleet. Times in seconds; `haste` divides every wait that the collector asks for."""

    port: int
    ca: str = ""  # empty: plain HTTP
    receipt_key: str
    roster: str
    ledger: str
    worker: int
    first: int
    count: int
    seed: int = 1
    interval_s: float = 60.0
    events: float = 1.0  # faults in a check-in, on average
    codes: int = 3  # different faults of a host
    answer_s: float = 25.0  # longer than the collector takes for a commit before it says 503
    backoff_base_s: float = 2.0
    backoff_cap_s: float = 300.0
    haste: float = 1.0
    restarts: float = 0.0  # chance for each check-in that the agent starts again before it
    new_lives: float = 0.0  # chance that its spool is made anew then


class Counts(Struct, kw_only=True):
    """What happened since the counts were last taken. Times in milliseconds."""

    acked: int = 0
    events: int = 0
    duplicates: int = 0
    resyncs: int = 0
    handshakes: int = 0
    refused: dict[str, int] = {}  # by status and error
    broken: int = 0  # connections that went away under a request
    timeouts: int = 0
    stretched: int = 0  # receipts that ask for reports less often than the settings say
    forged: int = 0  # receipts whose signature does not hold
    parked: int = 0
    latencies_ms: list[float] = []  # of answered tries, refusals not among them
    late_ms: list[float] = []  # how long after its time a check-in began: the generator's own delay

    def refuse(self, name: str) -> None:
        """One more answer that is no receipt."""
        self.refused[name] = self.refused.get(name, 0) + 1

    def add(self, other: Counts) -> None:
        """The figures of another worker."""
        for name in self.__struct_fields__:
            if isinstance(mine := getattr(self, name), int | list):
                setattr(self, name, mine + getattr(other, name))
        for name, count in other.refused.items():
            self.refused[name] = self.refused.get(name, 0) + count

    @property
    def defects(self) -> int:
        """What must not happen whatever is done to the collector: answers 5xx but 503 and 507, forged receipts."""
        wrong = sum(count for name, count in self.refused.items() if name[:3] not in {"429", "503", "507"})
        return wrong + self.forged + self.parked


def write_roster(path: Path, members: list[Member]) -> None:
    """Every agent with its key; for its owner only, as keys are."""
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(members))


def read_roster(path: Path, first: int, count: int) -> list[Member]:
    """The share of one worker."""
    return msgspec.json.decode(path.read_bytes(), type=list[Member])[first : first + count]
