"""How a visitor makes the clinic fail, and how it is put right again.

Nothing here writes a log line. Each fault prepares a real cause (a damaged record, a lock held by
another connection, a file that has gone, a request that kills the worker) and then sends ordinary
requests into it; what the modules then log is their own.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.clinic.billing import Billing
from deploy.demo.clinic.database import Database
from deploy.demo.clinic.gateway import Gateway
from deploy.demo.clinic.prescription import Prescription
from deploy.demo.clinic.reception import Reception
from deploy.demo.clinic.refusal import Refused

Options = Mapping[str, str]
BURST_MAX = 100_000
_KNOWN_NUMBER = "770101-A"  # the patient who is always registered


@dataclass(frozen=True)
class Clinic:
    """The running application's parts."""

    database: Database
    reception: Reception
    prescription: Prescription
    billing: Billing
    gateway: Gateway
    table: Path


class Faults:
    """The causes, by name; each takes the options of its request and says what it did."""

    def __init__(self, clinic: Clinic, pause: Callable[[float], None], visit: Callable[[str], int]) -> None:
        """`pause` takes seconds; `visit` asks this application for a path and gives the HTTP status."""
        self._clinic = clinic
        self._pause = pause
        self._visit = visit
        self._lock: sqlite3.Connection | None = None
        self._guard = threading.Lock()
        self.causes: dict[str, Callable[[Options], str]] = {
            "broken-record": self._break_record,
            "unknown-drug": self._order_unknown_drug,
            "lock-database": self._lock_database,
            "release-database": self._release_database,
            "remove-table": self._remove_table,
            "restore-table": self._restore_table,
            "crash-worker": self._crash_worker,
            "restart-worker": self._restart_worker,
            "close-insurer": self._close_insurer,
            "open-insurer": self._open_insurer,
            "burst": self._burst,
        }

    def cause(self, name: str, options: Options) -> str:
        """Cause one fault; KeyError for an unknown name. One at a time."""
        act = self.causes[name]
        with self._guard:
            return act(options)

    def end(self) -> None:
        """Let go of what a fault still holds."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _break_record(self, _options: Options) -> str:
        record = json.dumps({"weight_kg": "62,5", "per_day": 3})  # a ward's device that writes a decimal comma
        number = self._clinic.prescription.order(1, "PARA-500", record)
        status = self._visit(f"/prescription/dose?order={number}")  # met by nobody but the server
        return f"the dose of order {number} was asked for and answered with {status}"

    def _order_unknown_drug(self, options: Options) -> str:
        drug = options.get("drug", "UNKN-001")
        with contextlib.suppress(Refused):
            self._clinic.prescription.order(1, drug, "{}")
        return f"an order for {drug} was refused"

    def _lock_database(self, _options: Options) -> str:
        if self._lock is None:
            self._lock = self._clinic.database.hold_lock()
        with contextlib.suppress(Refused):
            self._clinic.reception.arrive(1, "A")
        return "the database is locked"

    def _release_database(self, _options: Options) -> str:
        self.end()
        self._clinic.reception.arrive(1, "A")
        return "the lock is released and a visit was recorded"

    def _remove_table(self, _options: Options) -> str:
        with contextlib.suppress(FileNotFoundError):
            self._clinic.table.replace(self._clinic.table.with_suffix(".away"))
        with contextlib.suppress(Refused):
            self._clinic.prescription.check_interactions(["PARA-500", "IBUP-200"])
        return "the interaction table has gone"

    def _restore_table(self, _options: Options) -> str:
        with contextlib.suppress(FileNotFoundError):
            self._clinic.table.with_suffix(".away").replace(self._clinic.table)
        self._clinic.prescription.check_interactions(["PARA-500", "IBUP-200"])
        return "the interaction table is back"

    def _crash_worker(self, _options: Options) -> str:
        with contextlib.suppress(Refused):
            self._clinic.billing.invoice(1, 0)
        return "an invoice over nothing was sent to the worker"

    def _restart_worker(self, _options: Options) -> str:
        return f"the worker runs as {self._clinic.billing.start_worker()}"

    def _close_insurer(self, options: Options) -> str:
        self._clinic.gateway.close()
        with contextlib.suppress(Refused):
            self._clinic.billing.claim(options.get("insurer", "NHIS"), 1)
        return "the insurer's gateway is closed"

    def _open_insurer(self, options: Options) -> str:
        self._clinic.gateway.open()
        self._clinic.billing.claim(options.get("insurer", "NHIS"), 1)
        return "the insurer's gateway answers"

    def _burst(self, options: Options) -> str:
        """`count` registrations that the database refuses, evenly over `seconds` (0: as fast as it goes)."""
        count = max(1, min(int(options.get("count", "1000")), BURST_MAX))
        desk = options.get("desk", "A")
        pause_s = float(options.get("seconds", "0")) / count
        for _ in range(count):
            with contextlib.suppress(Refused):
                self._clinic.reception.register(_KNOWN_NUMBER, "Kim Min-jun", desk)
            if pause_s:
                self._pause(pause_s)
        return f"{count} registrations were refused"
