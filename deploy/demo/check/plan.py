"""Which faults the check causes, and the tickets that they must lead to."""

from __future__ import annotations

from deploy.demo.check.model import Ending, Expected
from deploy.demo.sites import CLINIC, HOSPITAL

FORMULARY, RECORD, LOCK, TABLE = "missing drugs", "stack trace", "locked database", "missing table"
INSURER, WORKER, BURST, AWAY, SILENCE = "closed insurer", "crashed worker", "burst", "agent killed", "silent site"
FAULTS = (FORMULARY, RECORD, LOCK, TABLE, INSURER, WORKER, BURST, AWAY, SILENCE)

DRUGS = 30  # distinct faults for the latency figures
DRUGS_AWAY = 5
BURST_LINES = 1_000
BURST_AWAY_LINES = 300
DESK, DESK_AWAY = "A", "B"
ANSWERS_LOST = "answers lost"

# How the application's own log tells of each code; written from the application, not from the catalogue.
LINES = {
    "PRS-DOS-0001": "[prescription] unhandled exception in",
    "PRS-INT-0001": "[prescription] interaction check impossible",
    "PRS-INT-0000": "[prescription] interaction check works again",
    "PRS-FRM-0001": "is not in the formulary",
    "RCP-DB-0001": "[reception] visit of patient 1 not recorded: database is locked",
    "RCP-DB-0000": "[reception] database reachable again",
    "RCP-REG-0001": "UNIQUE constraint failed: patient.insurance_no",
    "BIL-WRK-0001": "invoices wait",
    "BIL-WRK-0000": "is ready",
    "BIL-INS-0001": "not sent to insurer",
    "BIL-INS-0000": "answers again",
}


def drugs() -> list[tuple[str, str]]:
    """Site and drug of each order for a drug that nobody has, the two sites in turn."""
    return [((HOSPITAL, CLINIC)[number % 2].id, f"NONE-{number:03}") for number in range(DRUGS)]


def drugs_away() -> list[str]:
    """What is ordered at the clinic while its agent is away."""
    return [f"AWAY-{number:03}" for number in range(DRUGS_AWAY)]


def _drug(fault: str, site: str, drug: str) -> Expected:
    identity = (("drug", drug),)
    return Expected(fault, site, "PRS", "PRS-FRM-0001", 3, 1, Ending.OPEN, identity, f"drug {drug} is not")


def _registrations(fault: str, site: str, desk: str, count: int) -> Expected:
    line = f"not registered at desk {desk}:"
    return Expected(fault, site, "RCP", "RCP-REG-0001", 4, count, Ending.OPEN, (("desk", desk),), line)


def expected_tickets() -> tuple[Expected, ...]:
    """Every ticket of a run in which every fault is caused; there must be no other."""
    here, there = HOSPITAL.id, CLINIC.id
    worker = (("process", "billing-worker"),)
    return (
        *(_drug(FORMULARY, site, drug) for site, drug in drugs()),
        Expected(RECORD, here, "PRS", "PRS-DOS-0001", 1, 1, Ending.OPEN, (), LINES["PRS-DOS-0001"]),
        Expected(LOCK, there, "RCP", "RCP-DB-0001", 3, 1, Ending.AUTO, (), LINES["RCP-DB-0001"]),
        Expected(TABLE, here, "PRS", "PRS-INT-0001", 1, 1, Ending.PERSON, (), LINES["PRS-INT-0001"]),
        Expected(INSURER, there, "BIL", "BIL-INS-0001", 4, 1, Ending.AUTO, (("insurer", "NHIS"),), "insurer NHIS:"),
        Expected(WORKER, here, "BIL", "BIL-WRK-0001", 2, 1, Ending.PERSON, (), LINES["BIL-WRK-0001"]),
        Expected(WORKER, here, "HOST", "HOST-PRC-0001", 2, 1, Ending.PERSON, worker),
        _registrations(BURST, here, DESK, BURST_LINES),
        _registrations(AWAY, there, DESK_AWAY, BURST_AWAY_LINES),
        *(_drug(AWAY, there, drug) for drug in drugs_away()),
        Expected(SILENCE, there, "SITE", "SITE-SILENT", 2, 1, Ending.PERSON),
    )
