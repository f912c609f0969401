"""Signed bytes -> a batch with its records, or `Malformed`; a record that is wrong is parked, not refused.

NUL is legal in JSON and a trap everywhere else, so it becomes U+FFFD before anything is decoded;
in an id it then breaks the id's pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from collector.ingest.model import ParkedRecord
from wire.envelope import Batch, decode_batch
from wire.errors import Malformed
from wire.frame import check_strict
from wire.messages import Record, decode_record

_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")  # an escape, not the text of one: an even number of \ before it
REASON_CHARS = 500


@dataclass(frozen=True)
class Unpacked:
    """A batch, its good records and its bad ones, both with their places."""

    batch: Batch
    records: tuple[tuple[int, Record], ...]
    parked: tuple[ParkedRecord, ...]


def read_batch(plain: bytes) -> Unpacked:
    """Decode the unpacked frame; raises `Malformed` when the envelope itself is wrong."""
    check_strict(plain)
    batch = decode_batch(_NUL.sub(rb"\1\\ufffd", plain) if b"\\u0000" in plain else plain)
    records: list[tuple[int, Record]] = []
    parked: list[ParkedRecord] = []
    for position, raw in enumerate(batch.records):
        try:
            records.append((position, decode_record(raw)))
        except Malformed as error:
            parked.append(ParkedRecord(position, bytes(raw), str(error)[:REASON_CHARS]))
    return Unpacked(batch, tuple(records), tuple(parked))
