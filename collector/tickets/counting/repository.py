"""Counting the fingerprints of a group of batches: those that are there with two statements, new ones each with one.

Whoever calls holds the write lock, so what is not found is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from collector.store.prepared import Prepared
from collector.store.tables import fingerprint
from collector.tickets.repository import Subject, count_fingerprint

_FOUND = Prepared(
    select(fingerprint.c.hash, fingerprint.c.id).where(fingerprint.c.hash.in_(bindparam("hashes", expanding=True)))
)
_AGAIN = Prepared(
    update(fingerprint)
    .where(fingerprint.c.id == bindparam("row_id"))
    .values(last_seen_at=bindparam("newest_at"), total=fingerprint.c.total + bindparam("more"))
)


@dataclass(frozen=True)
class Counted:
    """So many occurrences of one fingerprint, the first and the newest of them."""

    subject: Subject
    since: datetime
    newest_at: datetime
    more: int


def count_all(connection: Connection, counted: Sequence[Counted]) -> list[int]:
    """Count them, each fingerprint once in the list, in the order of their hashes; returns their rows' ids."""
    hashes = [each.subject.hash for each in counted]
    ids = {row.hash: int(row.id) for row in _FOUND.each(connection, "hashes", hashes)}
    again = [each for each in counted if each.subject.hash in ids]
    _AGAIN.run(
        connection,
        [{"row_id": ids[each.subject.hash], "newest_at": each.newest_at, "more": each.more} for each in again],
    )
    for each in counted:
        if each.subject.hash not in ids:
            ids[each.subject.hash] = count_fingerprint(
                connection, each.subject, each.newest_at, each.more, since=each.since
            )
    return [ids[key] for key in hashes]
