"""Handing proofs to the agent: signed, one file each, in a folder that the agent's account may read.

The journal is the truth; the folder follows it. `told/last` says up to which record proofs were laid out,
so a crash between the journal and the folder is made good by the next run. Without an enrolment there is no host
key and nobody to tell: the deeds wait in the journal, and the newest `KEPT` are signed when there is one.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from remediation.backup.journal import Journal
from remediation.durable import write_durably
from wire.documents.backups import BackupProof, write_backup_proof
from wire.documents.envelope import Envelope, encode_envelope
from wire.fields import Time

TOLD: Final = "told"
PROOFS: Final = "proofs"
STATE: Final = "state.json"
KEPT: Final = 200  # files: with a drill an hour more than a week for an agent that is down
READABLE_FILE: Final = 0o644
READABLE_FOLDER: Final = 0o755
_LAST: Final = "last"


class Signer(Protocol):
    """The host as it signs."""

    @property
    def agent(self) -> str:
        """Its name at the collector."""

    @property
    def site(self) -> str:
        """Its site."""

    def sign(self, envelope: Envelope) -> Envelope:
        """The envelope with the host's signature."""


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
    """What the agent may read."""
    folder = state / TOLD
    for each in (state, folder, folder / PROOFS):
        if not each.is_dir():
            each.mkdir(parents=True)
            each.chmod(READABLE_FOLDER)
    return folder


def lay_out(journal: Journal, state: Path, signer: Signer | None) -> int:
    """Sign and lay out what is new in the journal; how many deeds wait for an enrolment."""
    folder = told_folder(state)
    last = _last(folder, journal.id)
    waiting = [(number, deed) for number, deed in journal.deeds() if number > last][-KEPT:]
    if signer is None:
        return len(waiting)
    for number, deed in waiting:
        proof = BackupProof(agent=signer.agent, site=signer.site, journal=journal.id, number=number, deed=deed)
        content = encode_envelope(signer.sign(write_backup_proof(proof)))
        write_durably(folder / PROOFS / f"{journal.id}-{number:010}.json", content, mode=READABLE_FILE)
        write_durably(folder / _LAST, f"{journal.id} {number}\n".encode())
    for path in sorted((folder / PROOFS).glob("*.json"), key=lambda each: each.stat().st_mtime_ns)[:-KEPT]:
        path.unlink()
    return 0


def _last(folder: Path, journal: str) -> int:
    with contextlib.suppress(FileNotFoundError, ValueError):
        name, _, number = (folder / _LAST).read_text().strip().partition(" ")
        return int(number) if name == journal else 0
    return 0


def write_state(state: Path, found: BackupState) -> None:
    """Tell how things stand."""
    write_durably(told_folder(state) / STATE, msgspec.json.encode(found), mode=READABLE_FILE)


def read_state(state: Path) -> BackupState:
    """What was told last; FileNotFoundError before the first run, `msgspec.DecodeError` for what is no state."""
    return msgspec.json.decode((state / TOLD / STATE).read_bytes(), type=BackupState)
