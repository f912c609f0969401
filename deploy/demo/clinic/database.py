"""The clinic's database: one SQLite file, a connection for each request."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUSY_S = 0.2  # how long a request waits for a lock before it fails

_SCHEMA = """
CREATE TABLE IF NOT EXISTS patient (
  id INTEGER PRIMARY KEY, insurance_no TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS visit (
  id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patient(id), desk TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS drug (code TEXT PRIMARY KEY, name TEXT NOT NULL, mg_per_kg REAL NOT NULL);
CREATE TABLE IF NOT EXISTS medical_order (
  id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patient(id),
  drug TEXT NOT NULL REFERENCES drug(code), record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS invoice (
  id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL REFERENCES patient(id),
  amount INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'open');
"""
_DRUGS = (("AMOX-250", "Amoxicillin", 25.0), ("PARA-500", "Paracetamol", 15.0), ("IBUP-200", "Ibuprofen", 7.5))


class Database:
    """The file, and how a request gets at it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def prepare(self) -> None:
        """Create the tables, the formulary and one patient; a second start changes nothing."""
        with self.request() as connection:
            connection.executescript(_SCHEMA)
            connection.executemany("INSERT OR IGNORE INTO drug VALUES (?, ?, ?)", _DRUGS)
            connection.execute("INSERT OR IGNORE INTO patient VALUES (1, '770101-A', 'Kim Min-jun')")
            record = json.dumps({"weight_kg": 62.5, "per_day": 3})
            connection.execute("INSERT OR IGNORE INTO medical_order VALUES (1, 1, 'PARA-500', ?)", (record,))

    @contextmanager
    def request(self) -> Iterator[sqlite3.Connection]:
        """A connection for one request: committed at its end, rolled back if it fails, then closed."""
        connection = sqlite3.connect(self._path, timeout=BUSY_S)
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def hold_lock(self) -> sqlite3.Connection:
        """A second connection that locks the whole file until it is closed, as a stuck night backup would."""
        connection = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        connection.execute("BEGIN EXCLUSIVE")
        return connection
