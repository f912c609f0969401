"""Proofs of backup on their way from the backup's folder to the spool, each exactly once.

The backup runs under another account and lays signed files into a folder that this one may read. A file
counts when it belongs to the owner of the folder, nobody else can write it, and this host's key has signed
it about this host. The number of the last one that was taken is stored in the same commit as the record.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from pathlib import Path
from typing import Final

from agent.spool.port import Deposit, Intake
from agent.uplink.identity import Identity
from remediation.backup.standing import TOLD
from wire.documents.backups import read_backup_proof
from wire.documents.envelope import decode_envelope
from wire.errors import Malformed
from wire.proofs import BACKUP_PROOF_BYTES, BackupMark

PROOFS: Final = "proofs"
TAKEN: Final = "backup-proof"
SEPARATOR: Final = "\x1f"
AT_ONCE: Final = 50
_NAME: Final = re.compile(r"(?P<journal>[0-9a-f]{16})-(?P<number>[0-9]{10})\.json")

_log = logging.getLogger("sitewarden")


class BackupProofs:
    """One folder."""

    def __init__(self, state: Path, intake: Intake) -> None:
        self._folder = state / TOLD / PROOFS
        self._intake = intake
        self._refused: set[str] = set()

    def take(self, identity: Identity) -> int:
        """Deposit what is new; how many. `SpoolFull` when there is no room: it is taken later."""
        try:
            names = sorted(path.name for path in self._folder.iterdir())
            owner = self._folder.stat().st_uid
        except OSError:
            return 0  # this host has no backup, or it has not run yet
        taken, levels = 0, self._intake.levels() if names else {}
        for name in names:
            match = _NAME.fullmatch(name)
            if match is None or taken == AT_ONCE:
                continue
            key = f"{TAKEN}{SEPARATOR}{match['journal']}"
            if int(match["number"]) <= int(levels.get(key, "0")) or name in self._refused:
                continue
            mark = self._read(name, owner, identity, match)
            if mark is not None:
                self._intake.deposit(Deposit(proofs=[mark], levels=[(key, match["number"])]))
                taken += 1
        return taken

    def _read(self, name: str, owner: int, identity: Identity, match: re.Match[str]) -> BackupMark | None:
        try:
            content = read_owned_by(self._folder / name, owner)
            proof = read_backup_proof(decode_envelope(content), identity.key.public_key())
        except (Malformed, OSError) as error:
            self._refuse(name, str(error))
            return None
        if proof.agent != identity.agent or (proof.journal, proof.number) != (match["journal"], int(match["number"])):
            self._refuse(name, "it is about something else")
            return None
        return BackupMark(envelope=content)

    def _refuse(self, name: str, why: str) -> None:
        _log.warning("the proof of backup %s is not taken: %s", name, why)
        self._refused.add(name)


def read_owned_by(path: Path, owner: int) -> bytes:
    """The content of a small regular file that only `owner` can have written; `Malformed` otherwise."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > BACKUP_PROOF_BYTES:
            raise Malformed("no small regular file")
        if found.st_uid != owner or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise Malformed("others than the backup can have written it")
        return file.read(BACKUP_PROOF_BYTES)
