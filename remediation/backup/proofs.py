"""Handing proofs to the agent: signed, one file each, in a folder that the agent's account may read.

The journal is the truth; the folder follows it. `told/last` says up to which record proofs were laid out,
so a crash between the journal and the folder is made good by the next run. Without an enrolment there is no host
key and nobody to tell: the deeds wait in the journal, and the newest `KEPT` are signed when there is one.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final, Protocol

from remediation.backup.journal import Journal
from remediation.backup.standing import READABLE_FILE, READABLE_FOLDER, told_folder
from remediation.durable import write_durably
from wire.documents.backups import BackupProof, write_backup_proof
from wire.documents.envelope import Envelope, encode_envelope

PROOFS: Final = "proofs"
KEPT: Final = 200  # files: with a drill an hour more than a week for an agent that is down
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


def lay_out(journal: Journal, state: Path, signer: Signer | None) -> int:
    """Sign and lay out what is new in the journal; how many deeds wait for an enrolment."""
    folder = told_folder(state)
    if not (folder / PROOFS).is_dir():
        (folder / PROOFS).mkdir()
        (folder / PROOFS).chmod(READABLE_FOLDER)
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
