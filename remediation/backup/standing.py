"""How the backup stands, as a small file that the agent may read: what failed, and when what will be overdue.

It holds times, not verdicts: the agent compares them with its own clock, so a timer that was switched off, or
a backup that never starts again, is noticed although nobody writes this file any more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from remediation.durable import write_durably
from wire.fields import Time

TOLD: Final = "told"  # below the state folder: what the agent may read
STATE: Final = "state.json"
READABLE_FILE: Final = 0o644
READABLE_FOLDER: Final = 0o755


class BackupState(Struct, kw_only=True, frozen=True):
    """How things stand, for the agent and for `backup status`. Times after which something is overdue."""

    version: int = 1
    written_at: Time
    good_at: Time | None = None
    proven_at: Time | None = None  # of level 3 or 4
    failed: str = ""  # why the newest run failed; empty: it did not
    copy_failed: str = ""
    overdue_at: Time
    proof_overdue_at: Time | None = None  # None: the policy asks for no drills
    failed_drills: dict[str, str] = {}  # level -> why
    retention_refused: str = ""
    rto_s: float | None = None
    waiting_proofs: int = 0


def told_folder(state: Path) -> Path:
    """What the agent may read, made where it is missing."""
    folder = state / TOLD
    for each in (state, folder):
        if not each.is_dir():
            each.mkdir(parents=True)
            each.chmod(READABLE_FOLDER)
    return folder


def write_state(state: Path, found: BackupState) -> None:
    """Tell how things stand."""
    write_durably(told_folder(state) / STATE, msgspec.json.encode(found), mode=READABLE_FILE)


def read_state(state: Path) -> BackupState:
    """What was told last; FileNotFoundError before the first run, `msgspec.DecodeError` for what is no state."""
    return msgspec.json.decode((state / TOLD / STATE).read_bytes(), type=BackupState)
