"""The collector's database, read-only, after everything has stopped."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from deploy.demo.check.model import Stored, StoredEvent


def read_ledger(path: Path) -> Stored:
    """What the database holds of what agents sent; what the collector noticed by itself is left out."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        batches = connection.execute("SELECT agent_id, epoch, sequence, records FROM batch").fetchall()
        events = connection.execute(
            "SELECT site_id, agent_id, epoch, sequence, position, event_id, code, count FROM event "
            "WHERE agent_id IS NOT NULL"
        ).fetchall()
        parked = connection.execute("SELECT count(*) FROM parked").fetchone()[0]
        gaps = connection.execute("SELECT cause, source FROM gap").fetchall()
    return Stored(
        batches={(agent, epoch, sequence): records for agent, epoch, sequence, records in batches},
        events=tuple(StoredEvent(*row) for row in events),
        parked=parked,
        gaps=tuple(f"{cause} {source}" for cause, source in gaps),
    )
