"""A resolution that names the version which cures the fault makes a known error of it."""

from __future__ import annotations

from datetime import datetime

from collector.settings.model import Rules
from collector.store.database import Connection
from collector.tickets.acts.repository import Held
from collector.tickets.codebook import Codebook
from collector.tickets.desk.desk import Desk
from collector.tickets.desk.port import About
from collector.tickets.desk.stored import StoredBooks


def know_error(connection: Connection, held: Held, fixed_in: str, now: datetime) -> None:
    """A resolution named the version that cures the fault: a known error at that site."""
    books = StoredBooks(connection, Codebook(()))
    about = About("", held.site_id, held.module, held.code, "fault")
    Desk(books, Rules()).tidings.know_error(about, fixed_in, now)
    problem = books.code(held.module, held.code).problem
    if problem is not None:
        books.adopt(held.id, problem=problem.id)
    books.flush()
