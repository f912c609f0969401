"""How the backup stands, from policy and journal, for the agent's probe and for people. Reads nothing else."""

from __future__ import annotations

from datetime import datetime

from remediation.backup.journal import Journal, history_of
from remediation.backup.plan import CLOCK_SLACK, newest_proof, overdue_at, proof_overdue_at
from remediation.backup.policy_file import BackupPolicy
from remediation.backup.standing import BackupState
from wire.documents.backups import Act, Deed


def state_of(policy: BackupPolicy, journal: Journal, now: datetime, *, waiting: int) -> BackupState:
    """The newest word on runs, copies, drills and retention."""
    deeds = [deed for _, deed in journal.deeds()]
    history = history_of(deeds)
    good_at = history.good_at if history.good_at and history.good_at <= now + CLOCK_SLACK else None
    measured = [deed.rto_s for deed in deeds if deed.rto_s is not None and deed.is_good]
    return BackupState(
        written_at=now,
        good_at=history.good_at,
        proven_at=newest_proof(history),
        failed=_failure(deeds, Act.BACKUP),
        copy_failed=_failure(deeds, Act.COPY) if policy.copy is not None else "",
        overdue_at=overdue_at(policy.schedule, good_at, journal.since),
        proof_overdue_at=proof_overdue_at(policy, history, journal.since) if policy.drills.ladder else None,
        failed_drills={str(level): reason for level in range(5) if (reason := _failure(deeds, Act.DRILL, level))},
        retention_refused=_failure(deeds, Act.PRUNE),
        rto_s=measured[-1] if measured else None,
        waiting_proofs=waiting,
    )


def _failure(deeds: list[Deed], act: Act, level: int | None = None) -> str:
    """Why the newest of its kind failed; empty when it did not."""
    found = [deed for deed in deeds if deed.act is act and deed.level == level]
    return "" if not found or found[-1].is_good else found[-1].reason or found[-1].code
