"""A person at the desk of the rules: one write transaction over the books in the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from collector.settings.model import Rules
from collector.store.database import Connection, Store
from collector.tickets.codebook import Codebook
from collector.tickets.desk.desk import Desk
from collector.tickets.desk.stored import StoredBooks


@dataclass(frozen=True)
class Person:
    """Who acts, when, and on what."""

    store: Store
    codebook: Codebook
    rules: Rules
    actor: str
    now: datetime


@contextmanager
def at_desk(person: Person) -> Iterator[tuple[Connection, Desk]]:
    """The transaction and the desk; what was decided is written at the end, or nothing when the block raises."""
    with person.store.writing() as connection:
        books = StoredBooks(connection, person.codebook, person.actor)
        yield connection, Desk(books, person.rules)
        books.flush()
