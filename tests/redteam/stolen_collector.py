"""A real collector process, and a thief who has all of it: its database, its receipt key, its folders.

The thief does not ask the collector's own commands, which would refuse: he writes into the database
what is to go down, and lets the real listener sign and deliver it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from collector.app import build_parts
from collector.settings.reading import load_settings
from collector.store.instant import to_us
from collector.store.opening import DATABASE
from terminal import Terminal
from tests.fakes.running_collector import Running, add_site
from wire.enrolment import Token
from wire.keys import Ed25519PrivateKey
from wire.proofs import PatchProgress, Result


class Thief:
    """What a `SignedSite` asks of its collector, out of the stolen parts."""

    def __init__(self, folder: Path, running: Running) -> None:
        self.folder, self.running = folder, running
        self.address = running.exchange
        self._database = folder / "state" / DATABASE

    @property
    def collector(self) -> Thief:
        """Server and collector are one here."""
        return self

    @property
    def key(self) -> Ed25519PrivateKey:
        """The receipt key, read from the stolen folder."""
        parts = build_parts(load_settings(self.folder / "c.yaml", Terminal()))
        parts.store.close()
        return parts.receipt_key

    def token(self) -> Token:
        return add_site(self.folder)

    def send_down(self, kind: str, content: bytes) -> None:
        """Queue bytes for every agent, under any kind: there is no check in the way."""
        until = datetime.now(UTC) + timedelta(days=1)
        with closing(sqlite3.connect(self._database, timeout=20)) as database, database:
            columns = "agent_id, kind, about, content, added_at, not_after"
            database.execute(
                f"INSERT INTO document ({columns}) SELECT id, ?, 'thief', ?, 0, ? FROM agent",  # noqa: S608  # constant
                (kind, content, to_us(until)),
            )

    def results(self) -> list[Result]:
        """What came up from the host."""
        query = "SELECT body FROM action_result WHERE outcome <> 'progress'"
        return [msgspec.json.decode(body, type=Result) for body in self._column(query)]

    def progress(self) -> list[PatchProgress]:
        """How far patches have come there."""
        query = "SELECT body FROM action_result WHERE outcome = 'progress'"
        return [msgspec.json.decode(body, type=PatchProgress) for body in self._column(query)]

    def heads(self) -> int:
        """How many hosts have a countersigned head."""
        return len(self._column("SELECT agent_id FROM audit_head"))

    def _column(self, query: str) -> Sequence[str]:
        with closing(sqlite3.connect(self._database, timeout=20)) as database:
            return [str(value) for (value,) in database.execute(query)]
