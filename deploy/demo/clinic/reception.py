"""Reception: registers patients and writes down who has arrived."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable

from deploy.demo.clinic.database import Database
from deploy.demo.clinic.refusal import Refused

_log = logging.getLogger("reception")


class Reception:
    """The desks at the entrance. `monotonic` gives seconds."""

    def __init__(self, database: Database, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._monotonic = monotonic
        self._down_since: float | None = None

    def register(self, insurance_no: str, name: str, desk: str) -> int:
        """Register a new patient; the patient's number."""
        try:
            with self._database.request() as connection:
                done = connection.execute(
                    "INSERT INTO patient (insurance_no, name) VALUES (?, ?)", (insurance_no, name)
                )
                return int(done.lastrowid or 0)
        except sqlite3.IntegrityError as error:
            _log.error("patient not registered at desk %s: %s", desk, error)
            raise Refused(409, "this insurance number is registered already") from error

    def arrive(self, patient_id: int, desk: str) -> int:
        """Write down that a patient has arrived; the number in the queue."""
        try:
            with self._database.request() as connection:
                done = connection.execute("INSERT INTO visit (patient_id, desk) VALUES (?, ?)", (patient_id, desk))
                number = int(done.lastrowid or 0)
        except sqlite3.OperationalError as error:
            if self._down_since is None:
                self._down_since = self._monotonic()
            _log.exception("visit of patient %d not recorded: %s", patient_id, error)
            raise Refused(503, "the database does not answer") from error
        self._note_recovery()
        return number

    def queue(self) -> list[dict[str, object]]:
        """The last ten who have arrived, newest first."""
        with self._database.request() as connection:
            rows = connection.execute(
                "SELECT visit.id, patient.name, desk FROM visit JOIN patient ON patient.id = patient_id "
                "ORDER BY visit.id DESC LIMIT 10"
            ).fetchall()
        return [{"number": number, "name": name, "desk": desk} for number, name, desk in rows]

    def _note_recovery(self) -> None:
        if self._down_since is not None:
            _log.info("database reachable again after %.1f s", self._monotonic() - self._down_since)
            self._down_since = None
