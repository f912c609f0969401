"""A small site with an application that keeps files and a SQLite database, and all that saves it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from remediation.backup.model import Step
from remediation.backup.policy_file import (
    BackupPolicy,
    DatabaseRule,
    LimitsRule,
    ScheduleRule,
    TargetRule,
    WhatRule,
)
from remediation.backup.running import Means, Target, Wanted, run_backup
from remediation.backup.sources.port import Source
from remediation.backup.sources.sqlite import SqliteSource
from tests.fakes.backup_engine import CopyingEngine
from wire.documents.backups import Deed

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def quiet(_: Step) -> None:
    """Say nothing."""


@dataclass
class BackupSite:
    """Below one folder: `app` is what is saved, `target` keeps it, `state` belongs to the backup."""

    root: Path
    at: datetime = NOW
    counter: int = 0
    engine: CopyingEngine = field(init=False)

    def __post_init__(self) -> None:
        self.app.mkdir(parents=True)
        (self.app / "config.ini").write_text("[shop]\nport = 8080\n")
        for number in range(20):
            (self.app / f"letter-{number}.txt").write_text(f"letter {number}\n" * 50)
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute("CREATE TABLE orders (number INTEGER PRIMARY KEY, total INTEGER)")
            connection.executemany("INSERT INTO orders VALUES (?, ?)", [(n, n * 10) for n in range(100)])
        self.engine = CopyingEngine(self.root / "target", lambda: self.at)

    @property
    def app(self) -> Path:
        return self.root / "app"

    @property
    def database(self) -> Path:
        return self.root / "orders.db"

    @property
    def state(self) -> Path:
        return self.root / "state"

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def _new_id(self) -> str:
        self.counter += 1
        return f"{self.counter:032x}"

    def _monotonic(self) -> float:
        return self.at.timestamp()

    @property
    def means(self) -> Means:
        return Means(self.now, self._monotonic, Random(7), self._new_id)

    @property
    def policy(self) -> BackupPolicy:
        return BackupPolicy(
            version=1,
            site="seoul",
            host="app-1",
            product="shop",
            state=str(self.state),
            target=TargetRule(address=str(self.root / "target"), key_file=str(self.root / "backup.key")),
            what=WhatRule(
                trees=[str(self.app)],
                named=[str(self.app / "config.ini")],
                databases=[DatabaseRule(name="orders", engine="sqlite", path=str(self.database))],
                sample=10,
            ),
            schedule=ScheduleRule(every_s=3_600),
            limits=LimitsRule(stage_free_bytes=0),
        )

    @property
    def wanted(self) -> Wanted:
        return self.wanting([SqliteSource("orders", self.database)])

    def wanting(self, sources: Iterable[Source], exclude: tuple[str, ...] = ()) -> Wanted:
        return Wanted((self.app,), tuple(sources), exclude, (str(self.app / "config.ini"),))

    def back_up(self, wanted: Wanted | None = None) -> Deed:
        deeds = run_backup(self.policy, wanted or self.wanted, [Target(self.engine)], self.means, quiet)
        return deeds[0]
