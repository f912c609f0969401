"""What hosts proved, as pages, API and commands show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from collector.backups.standing import Verdict
from wire.documents.backups import BackupProof, Deed


@dataclass(frozen=True)
class ProofRecord:
    """One proof. `at` is when the deed ended, but never later than its proof came: clocks of hosts may be ahead."""

    id: int
    site: str
    agent: str
    at: datetime
    received_at: datetime
    proof: BackupProof

    @property
    def deed(self) -> Deed:
        """What was done."""
        return self.proof.deed


@dataclass(frozen=True)
class Trend:
    """The good backups of a host, oldest first; sizes in bytes, lengths in seconds."""

    at: list[datetime]
    sizes: list[int]
    added: list[int]
    seconds: list[float]


@dataclass(frozen=True)
class HostBackups:
    """All that is told about one host's backups."""

    agent: str
    hostname: str
    verdict: Verdict
    proven: ProofRecord | None  # the newest good drill of level 3 or 4
    last: ProofRecord | None  # the newest good backup
    failing: ProofRecord | None  # the newest backup, when it failed
    missed: list[date]  # nights without a good backup
    lost_proofs: int  # numbers that are missing among `proofs`
    proofs: list[ProofRecord]  # the newest first
    trend: Trend
