"""The site's own backup right before a patch, as the process that it always is.

The process of a patch may change things, and therefore has no network. A backup needs one, for its target, and may
change nothing. So the patch only asks for a backup and waits: at a host with systemd for the unit of the
nightly one, with its rights and its administrator's drop-ins, elsewhere for a program of our own. The unit runs what is
due; that a run is due now it learns from a file in the executor's folder (`WANTED`), which nobody but root can write.
What came of it is read where every run writes it, in the journal of the backup; nobody's exit code is believed.

Only a run that began after it was asked for counts: one that was under way may have read the database before the
last thing that a customer wrote. So whoever finds the unit at work waits for its end and asks again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from remediation.audit.chain import stored_lines
from remediation.audit.lines import read_line
from remediation.backup.errors import BackupError
from remediation.backup.journal import DEED, FOLDER_NAME
from remediation.backup.placing import load_backup_policy, read_owned
from remediation.backup.policy_file import BackupPolicy
from remediation.backup.programs import Program, Programs, Ran
from remediation.durable import write_durably
from remediation.patch.errors import PatchRefused, StepFailed
from wire.documents.backups import Deed
from wire.errors import TextRefused
from wire.sentence import sentence

WANTED: Final = "backup-wanted"  # in the folder of the patches
LIMIT_S: Final = 6 * 3_600.0
TRIES: Final = 3  # a nightly run or a drill may be at work, and is waited for
STOP_S: Final = 120.0

_log = logging.getLogger("sitewarden")


@dataclass(frozen=True)
class BackupCall:
    """How this host is backed up: its policy, and the argument list that runs one backup to its end.

    Where the program only asks somebody else for what is due, `wanted` is the file by which that one learns that a run
    is, and `stop` ends one that takes longer than `limit_s`.
    """

    policy: Path
    argv: tuple[str, ...]
    wanted: Path | None = None
    stop: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    limit_s: float = LIMIT_S


class OwnBackup:
    """`call` on this host. `now` is the clock that the backup has, too."""

    def __init__(self, call: BackupCall, programs: Programs, now: Callable[[], datetime]) -> None:
        self._call = call
        self._programs = programs
        self._now = now

    def check(self) -> None:
        """`PatchRefused` when a run could never begin: the policy cannot be used, or the key is not there."""
        policy = self._policy()
        if not Path(policy.target.key_file).is_file():
            raise PatchRefused(
                sentence("there is no key {path} of the backup; make it: sitewarden-agent backup keys init",
                         path=policy.target.key_file)
            )  # fmt: skip

    def run(self) -> Sequence[Deed]:
        """What the run wrote down. `StepFailed` when it left no record; `PatchRefused` without a policy to go by."""
        journal = Path(self._policy().state) / FOLDER_NAME
        known, asked_at = sum(1 for _ in deeds_in(journal)), self._now()
        with self._asked(asked_at):
            for _ in range(TRIES):
                ran = self._ran()
                found = [deed for deed in list(deeds_in(journal))[known:] if deed.started_at >= asked_at]
                if found:
                    return found
                if ran.is_timeout or self._call.wanted is None:
                    break
        raise StepFailed(sentence("the backup before the patch left no record: {said}", said=str(ran)))

    @contextmanager
    def _asked(self, at: datetime) -> Iterator[None]:
        if self._call.wanted is None:
            yield
            return
        write_durably(self._call.wanted, at.isoformat().encode())
        try:
            yield
        finally:
            self._call.wanted.unlink(missing_ok=True)

    def _ran(self) -> Ran:
        call = self._call
        _log.info("the backup before the patch begins; it may take %.0f s", call.limit_s)
        ran = self._programs.run(Program(call.argv, call.limit_s, call.environment, output_bytes=10_000))
        if ran.is_timeout and call.stop:
            self._programs.run(Program(call.stop, STOP_S))
        _log.info("the backup before the patch ended after %.0f s: %s", ran.duration_s, ran)
        return ran

    def _policy(self) -> BackupPolicy:
        try:
            return load_backup_policy(self._call.policy)
        except BackupError as error:
            raise PatchRefused(error.why) from error
        except TextRefused as refused:
            raise PatchRefused(
                sentence("the backup policy {path} is wrong: {problem}", path=self._call.policy, problem=str(refused))
            ) from refused


def is_wanted(path: Path, tried_at: datetime | None, now: datetime) -> bool:
    """Whether a patch waits for a backup that began later than the newest that was tried; `TargetRefused`.

    The file is asked for by its owner, so that only root, or who runs the backup, can make one run.
    """
    if not path.exists():
        return False
    try:
        at = datetime.fromisoformat(read_owned(path).decode("ascii"))
        return timedelta() <= now - at <= timedelta(seconds=LIMIT_S) and (tried_at is None or tried_at < at)
    except (ValueError, TypeError):
        return False


def deeds_in(journal: Path) -> Iterator[Deed]:
    """Every deed of a backup journal that belongs to somebody else, oldest first; what cannot be read is left out."""
    for raw in stored_lines(journal) if journal.is_dir() else ():
        line = read_line(raw)
        if line is not None and line.entry.kind == DEED:
            yield msgspec.convert(line.entry.body, Deed)
