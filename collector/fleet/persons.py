"""The codebook as the database has it now, for whoever acts once and keeps nothing in memory."""

from __future__ import annotations

from datetime import datetime

from collector.fleet import repository
from collector.parts import Parts
from collector.tickets.codebook import Codebook
from collector.tickets.desk.person import Person


def person_at(parts: Parts, actor: str, now: datetime) -> Person:
    """Somebody at the desk, with today's catalogues and rules."""
    with parts.store.reading() as connection:
        codebook = Codebook(repository.load_catalogues(connection))
    return Person(parts.store, codebook, parts.settings.rules, actor, now)
