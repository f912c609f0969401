"""The site's backup right before a patch: a run like every other, by the host's own policy and into its own record.

A patch never goes on without a snapshot that was just made and is good. Only where the host's administrator has
said so in the local policy may a patch without steps on databases go without one: its files are kept beside the
new ones anyway, and no policy makes up for a database that nobody has saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from remediation.patch.errors import PatchRefused, StepFailed
from remediation.patch.manifest import Manifest
from wire.documents.backups import Act, Deed
from wire.sentence import Sentence, sentence

NONE = "-"  # in the journal: the local policy lets this patch go without


class Runs(Protocol):
    """Makes a backup as the command does, with its lease and record."""

    def check(self) -> None:
        """`PatchRefused` when a run could never begin."""

    def run(self) -> Sequence[Deed]:
        """Make one; what was done of it, good or not."""


class SiteBackups:
    """`Backups` of one patch. `runs` None: this host has no backup policy."""

    def __init__(self, runs: Runs | None, manifest: Manifest, *, may_go_without: bool = False) -> None:
        self._runs = runs
        self._manifest = manifest
        self._may_go_without = may_go_without and not manifest.database

    def check(self) -> None:
        """`PatchRefused` when `save` could never succeed here; for the checks before an approval."""
        if self._runs is not None:
            self._runs.check()
        elif not self._may_go_without:
            raise PatchRefused(_without(self._manifest))

    def save(self, patch: str) -> str:
        """A snapshot, right now; its id. `StepFailed` when there is none, or the run was not good."""
        if self._runs is None:
            if self._may_go_without:
                return NONE
            raise StepFailed(_without(self._manifest))
        deeds = [deed for deed in self._runs.run() if deed.act is Act.BACKUP]
        good = [deed for deed in deeds if deed.is_good and deed.snapshot]
        if not good:
            why = "; ".join(deed.reason for deed in deeds) or "no run"
            raise StepFailed(
                sentence("the backup before the patch {patch} failed: {problem}", patch=patch, problem=why)
            )
        return good[-1].snapshot


def _without(manifest: Manifest) -> Sentence:
    if manifest.database:
        return sentence("this host has no backup policy, and the patch changes databases: set up the backup first")
    return sentence("this host has no backup policy, and the local policy does not let patches go without one")
