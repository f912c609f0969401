"""What left this host, read from the spool's file by somebody else than the agent; changes nothing.

A sealed batch is what is sent, byte for byte. Batches are kept for a while after the collector's
receipt (settings: keep_acked_s, keep_acked_bytes), so what was sent lately can be looked at.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from wire.envelope import decode_batch
from wire.errors import Malformed, TooLarge
from wire.frame import unpack

UNREADABLE: Final = "unreadable"
_ROWS: Final = "SELECT sequence, body, acked_at FROM batch ORDER BY sequence"


@dataclass(frozen=True)
class Payload:
    """One batch: how many bytes crossed the network, what was in it, when the collector's receipt came."""

    sequence: int
    size_bytes: int
    sealed_at: datetime | None
    acked_at: datetime | None
    kinds: dict[str, int]
    records: list[msgspec.Raw]


def sent_payloads(path: Path) -> Iterator[Payload]:
    """Every kept batch, the oldest first; `sqlite3.Error` when the file cannot be read."""
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as sql:
        for sequence, body, acked_at in sql.execute(_ROWS):
            at = None if acked_at is None else datetime.fromtimestamp(acked_at, UTC)
            try:
                batch = decode_batch(unpack(bytes(body)))
            except (Malformed, TooLarge):
                yield Payload(sequence, len(body), None, at, {UNREADABLE: 1}, [])
                continue
            kinds = Counter(str(msgspec.json.decode(raw, type=_Kind).kind) for raw in batch.records)
            yield Payload(sequence, len(body), batch.sealed_at, at, dict(kinds), list(batch.records))


class _Kind(msgspec.Struct):
    kind: str = ""
