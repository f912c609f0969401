"""What the newest rehearsal of a patch on this server came to, for whoever approves it or looks at it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from agent.commands.maintained import shown
from agent.settings.model import Settings
from remediation.backup.journal import FOLDER_NAME
from remediation.backup.proofs import PROOFS
from remediation.backup.standing import TOLD
from remediation.executor.patches.own_backup import deeds_in
from wire.documents.backups import Act, BackupProof, Deed
from wire.documents.envelope import decode_envelope
from wire.errors import Malformed
from wire.sentence import Sentence, sentence

UNTRIED: Final = ("untried_files", "untried_services", "untried_probes", "untried_ways_back")


def newest_rehearsal(settings: Settings, digest: str) -> Deed | None:
    """Of the patch with this digest; None when it was never tried here, or nothing of it can be read."""
    state = Path(str(settings.backup.folder))
    deeds: list[Deed] = []
    with contextlib.suppress(PermissionError):  # the proofs are for everybody, the journal is not
        deeds = list(deeds_in(state / FOLDER_NAME))
    deeds = deeds or list(_told(state / TOLD / PROOFS))
    found = [deed for deed in deeds if deed.act is Act.REHEARSAL and deed.patch_digest == digest]
    return max(found, key=lambda deed: deed.ended_at, default=None)


def _told(folder: Path) -> Iterator[Deed]:
    for path in folder.glob("*.json"):
        with contextlib.suppress(OSError, Malformed, msgspec.DecodeError):
            yield msgspec.json.decode(decode_envelope(path.read_bytes()).payload, type=BackupProof).deed


def rehearsal_words(deed: Deed | None) -> Sentence:
    """On one line, for who has to say yes or no."""
    if deed is None:
        return sentence("rehearsed:  never on this server")
    at = deed.ended_at.isoformat(timespec="minutes")
    if not deed.is_good:
        return sentence("rehearsed:  FAILED at {at}: {reason}", at=at, reason=shown(deed.reason or deed.code))
    untried = sum(deed.counts.get(name, 0) for name in UNTRIED)
    return sentence(
        "rehearsed:  well at {at}: {files} files, {steps} steps on {databases} databases; {untried} things not tried",
        at=at,
        files=deed.counts.get("files", 0),
        steps=deed.counts.get("steps", 0),
        databases=deed.counts.get("databases", 0),
        untried=untried,
    )
