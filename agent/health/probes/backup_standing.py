"""How this host's own backup stands: failed, overdue, not proven, proof too old, nothing removed any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from agent.health.probe import ProbeFailed, Reading, reading_of
from remediation.backup.standing import BackupState, read_state

LEVELS: Final = ("0", "1", "2", "3", "4")
TEXT_CHARS: Final = 500


class BackupStanding:
    """Reads what the backup tells about itself, and compares its times with now."""

    name = "backup"
    interval_s = 60.0

    def __init__(self, state: Path) -> None:
        self._state = state

    def read(self, now: datetime) -> Iterator[Reading]:
        """Nothing on a host that has no backup of ours."""
        try:
            state = read_state(self._state)
        except FileNotFoundError:
            return
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ProbeFailed(f"{self._state}: the state of the backup cannot be read: {error}") from error
        yield from readings(state, now)


def readings(state: BackupState, now: datetime) -> Iterator[Reading]:
    """Each fault there can be, present or not."""
    yield _reading("HOST-BKF-0001", "backup", state.failed)
    yield _reading("HOST-BKF-0001", "copy", state.copy_failed)
    late = f"since {state.overdue_at.isoformat(timespec='seconds')}" if now > state.overdue_at else ""
    yield _reading("HOST-BKO-0001", "backup", late)
    for level in LEVELS:
        yield _reading("HOST-PRF-0001", f"level {level}", state.failed_drills.get(level, ""))
    old = state.proof_overdue_at is not None and now > state.proof_overdue_at
    proven = state.proven_at.isoformat(timespec="seconds") if state.proven_at else "never"
    yield _reading("HOST-PRO-0001", "backup", f"last proven: {proven}" if old else "")
    yield _reading("HOST-BKP-0001", "backup", state.retention_refused)


def _reading(code: str, subject: str, problem: str) -> Reading:
    return reading_of(code, subject, is_bad=bool(problem), text=(problem or f"{subject}: well")[:TEXT_CHARS])
