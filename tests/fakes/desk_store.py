"""A database with sites, and events that come through the rules into it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from collector.jobs.due import pass_time
from collector.settings.model import Rules
from collector.tickets.codebook import Codebook
from collector.tickets.desk.person import Person
from collector.tickets.recording import Sighting, record
from tests.fakes.desk_story import at, event_of
from tests.fakes.seeded_console import Seeds
from tests.fakes.stores import open_store


@dataclass
class DeskStore:
    """Seconds are those of `tests.fakes.desk_story`."""

    path: Path

    def __post_init__(self) -> None:
        self.store = open_store(self.path)
        seeds = Seeds(self.store, lambda: at(-86_400))
        for name in "abcdef":
            seeds.site(name, name.upper())

    def person(self, seconds: float, name: str = "jh") -> Person:
        return Person(self.store, Codebook(()), Rules(), name, at(seconds))

    def fire(self, seconds: float, code: str, site: str = "a", level: int = 2, **fields: str) -> None:
        self.time(seconds)
        sighting = Sighting(event_of(code, at(seconds), level, fields=fields), at(seconds), immediate=True)
        with self.store.writing() as connection:
            record(connection, site, [sighting], codebook=Codebook(()), rules=Rules())

    def time(self, seconds: float) -> None:
        while pass_time(self.store, Codebook(()), Rules(), at(seconds)):
            pass

    def rows(self, sql: str) -> list[Any]:
        with self.store.reading() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    def number(self, code: str, site: str = "a") -> str:
        return str(self.rows(f"SELECT number FROM ticket WHERE code = '{code}' AND site_id = '{site}'")[-1][0])  # noqa: S608
