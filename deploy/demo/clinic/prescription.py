"""Prescription: orders for drugs, their doses, and the check of drugs against each other."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from deploy.demo.clinic.database import Database
from deploy.demo.clinic.refusal import Refused

_log = logging.getLogger("prescription")
_PAIRS = [["IBUP-200", "WARF-005"], ["AMOX-250", "METH-010"], ["PARA-500", "WARF-005"]]


class Prescription:
    """Takes orders and computes doses. `table` is the file of drugs that must not meet."""

    def __init__(self, database: Database, table: Path) -> None:
        self._database = database
        self._table = table
        self._table_missing = False

    def prepare(self) -> None:
        """Write the interaction table if the site has none."""
        if not self._table.exists():
            self._table.write_text(json.dumps(_PAIRS), encoding="utf-8")

    def order(self, patient_id: int, drug: str, record: str) -> int:
        """Take an order; `record` is the measurement that came from the ward, as JSON text."""
        with self._database.request() as connection:
            if connection.execute("SELECT 1 FROM drug WHERE code = ?", (drug,)).fetchone() is None:
                _log.error("order of patient %d refused: drug %s is not in the formulary", patient_id, drug)
                raise Refused(422, "this drug is not in the formulary")
            done = connection.execute(
                "INSERT INTO medical_order (patient_id, drug, record) VALUES (?, ?, ?)", (patient_id, drug, record)
            )
            return int(done.lastrowid or 0)

    def dose(self, order_id: int) -> dict[str, object]:
        """The dose of an order in mg, single and per day. A damaged record is met by nobody here."""
        with self._database.request() as connection:
            drug, record, mg_per_kg = connection.execute(
                "SELECT drug, record, mg_per_kg FROM medical_order JOIN drug ON drug.code = drug "
                "WHERE medical_order.id = ?",
                (order_id,),
            ).fetchone()
        measured = read_measurement(record)
        single = measured["weight_kg"] * mg_per_kg
        return {"drug": drug, "single_mg": round(single, 1), "per_day_mg": round(single * measured["per_day"], 1)}

    def check_interactions(self, drugs: list[str]) -> list[list[str]]:
        """The pairs among `drugs` that must not meet, by the table as it stands on the disk."""
        try:
            pairs: list[list[str]] = json.loads(self._table.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            self._table_missing = True
            _log.critical("interaction check impossible: %s", error)
            raise Refused(503, "drugs cannot be checked against each other") from error
        if self._table_missing:
            self._table_missing = False
            _log.info("interaction check works again, %d pairs", len(pairs))
        return [pair for pair in pairs if set(pair) <= set(drugs)]


def read_measurement(record: str) -> dict[str, float]:
    """Weight in kg and doses a day, out of the ward's JSON."""
    measured = json.loads(record)
    return {"weight_kg": float(measured["weight_kg"]), "per_day": float(measured["per_day"])}
