"""A host's own proofs of backup, signed, and in a collector's database as if they had come."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from collector.backups.repository import add_proof
from collector.fleet.model import KnownAgent
from collector.store.database import Store
from wire.documents.backups import Act, BackupProof, Deed, write_backup_proof
from wire.documents.envelope import add_signature, encode_envelope
from wire.keys import Ed25519PrivateKey, generate_key, key_id, public_bytes

JOURNAL = "0a" * 8


@dataclass
class ProvenBackups:
    """What one host tells."""

    store: Store
    agent: str
    site: str = "daejeon"
    key: Ed25519PrivateKey = field(default_factory=generate_key)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(2))

    def told(self, act: Act, at: datetime, *, came: datetime | None = None, **other: Any) -> bytes:
        """One deed that ended at `at`; its envelope."""
        lasted = other.pop("lasted", timedelta(minutes=4))
        deed = Deed(act=act, is_good=other.pop("good", True), started_at=at - lasted, ended_at=at, **other)
        number = next(self.numbers)
        proof = BackupProof(agent=self.agent, site=self.site, journal=JOURNAL, number=number, deed=deed)
        envelope = encode_envelope(add_signature(write_backup_proof(proof), self.key))
        with self.store.writing() as connection:
            add_proof(connection, self._known(), proof, envelope, came or at)
        return envelope

    def backup(self, at: datetime, **other: Any) -> bytes:
        values: dict[str, Any] = {
            "size_bytes": 4_200_000_000,
            "added_bytes": 120_000_000,
            "snapshot": "5e" * 16,
            "snapshot_at": at,
        }
        return self.told(Act.BACKUP, at, **values | other)

    def drill(self, at: datetime, level: int = 3, **other: Any) -> bytes:
        return self.told(Act.DRILL, at, level=level, **other)

    def month(self, now: datetime) -> None:
        """Nightly backups but for one night, weekly drills, all well at the end."""
        for back in range(30, 0, -1):
            night = now - timedelta(days=back, hours=9)
            if back != 12:
                grown = 4_000_000_000 + (30 - back) * 21_000_000
                long = timedelta(seconds=200 + (30 - back) * 3 + back % 4 * 11)
                added = 90_000_000 + back % 7 * 17_000_000
                self.backup(night, size_bytes=grown, added_bytes=added, lasted=long)
            if back % 7 == 5:
                saved = night - timedelta(minutes=30)
                self.drill(night + timedelta(hours=2), rto_s=412.4, rpo_s=9_000.0, snapshot_at=saved)

    def _known(self) -> KnownAgent:
        return KnownAgent(self.agent, self.site, key_id(public_bytes(self.key)), self.key.public_key(), revoked=False)
