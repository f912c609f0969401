"""Heads that the customer keeps beside the chain: `heads.jsonl`, one countersigned envelope a line.

A head fixes everything up to its size. As long as one countersigned copy exists anywhere (here, at
the collector, on a stick), no record before it can be changed, left out or moved unnoticed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from wire.documents.envelope import Envelope, decode_envelope, encode_envelope
from wire.documents.heads import AuditHead
from wire.errors import Malformed

FILE_NAME: Final = "heads.jsonl"


@dataclass(frozen=True)
class Head:
    """The chain at `size` records: chain hash and Merkle root in hexadecimal."""

    size: int
    chain: str
    root: str
    at: datetime

    def of(self, agent: str) -> AuditHead:
        """The same as it is signed."""
        return AuditHead(agent=agent, size=self.size, chain=self.chain, root=self.root, at=self.at)


def keep_head(folder: Path, envelope: Envelope) -> None:
    """Add a countersigned head, durably."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    handle = os.open(folder / FILE_NAME, flags, 0o600)
    try:
        os.write(handle, encode_envelope(envelope) + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)


def kept_heads(folder: Path) -> Iterator[Envelope]:
    """Every kept head that can be read, the oldest first."""
    try:
        raw = (folder / FILE_NAME).read_bytes()
    except FileNotFoundError:
        return
    for line in raw.split(b"\n"):
        try:
            yield decode_envelope(line)
        except Malformed:
            continue
