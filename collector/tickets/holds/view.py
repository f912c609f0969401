"""Windows, silences, held faults, the ledger and problems as JSON: one shape for the API and the command line."""

from __future__ import annotations

from typing import Any

from collector.tickets.holds.model import HeldRecord, LedgerLine, SilenceRecord, WindowRecord
from collector.tickets.problems.model import Child, ProblemEvent, ProblemRecord
from collector.tickets.view import instant


def window_view(window: WindowRecord) -> dict[str, Any]:
    """One window."""
    return {
        "id": window.id,
        "site": window.site,
        "from": instant(window.since),
        "to": instant(window.until),
        "owner": window.owner,
        "approved_by": window.approved_by,
        **_deeds(window),
    }


def silence_view(silence: SilenceRecord) -> dict[str, Any]:
    """One silence; null is any."""
    return {
        "id": silence.id,
        "site": silence.site,
        "module": silence.module,
        "code": silence.code,
        "one_fault": silence.fingerprint_id is not None,
        "until": instant(silence.until),
        **_deeds(silence),
    }


def _deeds(kept: WindowRecord | SilenceRecord) -> dict[str, Any]:
    """Who made it and why, and who took it back."""
    return {
        "reason": kept.reason,
        "created_at": instant(kept.created_at),
        "created_by": kept.created_by,
        "removed_at": instant(kept.removed_at),
        "removed_by": kept.removed_by,
    }


def held_view(held: HeldRecord) -> dict[str, Any]:
    """One fault that is held back now; `fingerprint` names it in `/v1/held/{fingerprint}/promote`."""
    return {
        "fingerprint": held.key,
        "site": held.site,
        "module": held.module,
        "code": held.code,
        "identity": held.identity,
        "level": held.level,
        "hold": held.hold,
        "count": held.count,
        "since": instant(held.since),
        "last_at": instant(held.last_at),
        "counted_on": held.host_number,
    }


def ledger_view(line: LedgerLine) -> dict[str, Any]:
    """One hold that ended."""
    return {
        "site": line.site,
        "module": line.module,
        "code": line.code,
        "hold": line.hold,
        "since": instant(line.since),
        "until": instant(line.until),
        "count": line.count,
        "end": line.end,
    }


def problem_view(record: ProblemRecord) -> dict[str, Any]:
    """One problem."""
    problem = record.problem
    return {
        "id": problem.id,
        "module": problem.module,
        "code": problem.code,
        "state": problem.state.value,
        "sites": sorted(problem.sites),
        "since": instant(problem.since),
        "last_at": instant(problem.last_at),
        "fixed_in": problem.fixed_in,
        "workaround": problem.workaround,
        "patch": problem.patch,
        "change": problem.change,
        "closed_at": instant(problem.closed_at),
        "tickets": record.tickets,
        "open_tickets": record.open_tickets,
        "reopened": record.reopened,
    }


def whole_problem_view(record: ProblemRecord, children: list[Child], log: list[ProblemEvent]) -> dict[str, Any]:
    """One problem with its tickets and what people did about it."""
    return {
        **problem_view(record),
        "children": [
            {"number": child.number, "site": child.site, "status": child.status, "level": child.level}
            for child in children
        ],
        "log": [
            {"at": instant(entry.at), "actor": entry.actor, "kind": entry.kind, "detail": dict(entry.detail)}
            for entry in log
        ],
    }
