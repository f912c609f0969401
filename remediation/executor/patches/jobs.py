"""Permitted patches on the disk, one folder each, kept for ever.

    patches/jobs/<digest of the request>/job.json     what was permitted, with all documents
                                         journal      the states that were passed (remediation.patch.journal)
                                         kept/        databases as they were
                                         result.json  how it ended, as it was told
    patches/payloads/<sha256>                         new files
    patches/lock                                      held by whoever applies, takes back or recovers

Everything belongs to the executor's account and nobody else reads it. A document makes one job, whatever its approval.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from remediation.durable import PRIVATE_FILE, PRIVATE_FOLDER, flush_folder, write_durably
from remediation.patch.errors import PatchRefused
from remediation.patch.journal import JournalDamaged, Record, read_records
from remediation.patch.manifest import Manifest
from remediation.patch.plan import INSTALLED, SETTLED, Attempt
from remediation.patch.reading import read_manifest
from remediation.patch.state import PatchState
from wire.documents.model import Digest
from wire.fields import Time
from wire.proofs import Result
from wire.sentence import sentence

FOLDER_NAME: Final = "patches"
JOBS, PAYLOADS, LOCK, JOB, JOURNAL, KEPT, RESULT = (
    "jobs",
    "payloads",
    "lock",
    "job.json",
    "journal",
    "kept",
    "result.json",
)
REASON: Final = "reason"


class Job(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was permitted. `used`: what the ledger counted for it; `old` and `new`: names of releases, if any."""

    version: Annotated[int, Meta(ge=1, le=1)] = 1
    digest: Digest  # of the request
    document: bytes
    approvals: list[bytes]
    manifest: bytes
    used: list[str]
    request: str
    ticket: str
    action: str
    engineer: str
    approvers: list[str]
    old: str = ""
    new: str = ""
    accepted_at: Time

    def read_manifest(self) -> Manifest:
        """The patch."""
        return read_manifest(self.manifest)


class JobUnknown(Exception):
    """There is no such job, or it cannot be read."""


class Jobs:
    """All jobs of this host. `inbox`: where the agent lays files of patches, named by their SHA-256."""

    def __init__(self, executor: Path, inbox: Path | None = None) -> None:
        self.folder = executor / FOLDER_NAME
        self.inbox = inbox

    def add(self, job: Job) -> Path:
        """Store it durably; its folder. `FileExistsError` when the document has a job already."""
        home = self.home(job.digest)
        for folder in (self.folder, self.folder / JOBS):
            folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        home.mkdir(mode=PRIVATE_FOLDER)
        (home / KEPT).mkdir(mode=PRIVATE_FOLDER)
        write_durably(home / JOB, msgspec.json.encode(job))
        for folder in (self.folder / JOBS, self.folder, self.folder.parent):
            flush_folder(folder)
        return home

    def home(self, digest: str) -> Path:
        """The folder of a job."""
        return self.folder / JOBS / digest

    def find(self, digest: str) -> Job:
        """The job; `JobUnknown`."""
        path = self.home(digest) / JOB
        try:
            job = msgspec.json.decode(path.read_bytes(), type=Job)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise JobUnknown(f"{path}: {error}") from error
        if job.digest != digest:
            raise JobUnknown(f"{path} is of another request")
        return job

    def all(self) -> list[Job]:
        """Every job that can be read, the oldest first. A folder without a job was cut off before anything began."""
        homes = (self.folder / JOBS).iterdir() if (self.folder / JOBS).is_dir() else ()
        found = [self.find(home.name) for home in homes if (home / JOB).exists()]
        return sorted(found, key=lambda job: (job.accepted_at, job.digest))

    def records(self, job: Job) -> list[Record]:
        """The states that were passed. `JournalDamaged`."""
        try:
            return read_records((self.home(job.digest) / JOURNAL).read_bytes())[0]
        except FileNotFoundError:
            return []

    def result(self, digest: str) -> Result | None:
        """How it ended; None when it has not."""
        try:
            return msgspec.json.decode((self.home(digest) / RESULT).read_bytes(), type=Result)
        except FileNotFoundError:
            return None

    def end(self, digest: str, result: Result) -> None:
        """Remember how it ended."""
        write_durably(self.home(digest) / RESULT, msgspec.json.encode(result))

    def payload(self, manifest: Manifest) -> Path | None:
        """Where the files of a patch are, or have to be; None when it has none."""
        return self.folder / PAYLOADS / manifest.payload.sha256 if manifest.payload else None

    def attempts(self) -> list[Attempt]:
        """All jobs as attempts, the oldest first."""
        return [self.attempt(job) for job in self.all()]

    def attempt(self, job: Job) -> Attempt:
        """A job as it stands now."""
        try:
            records = self.records(job)
        except JournalDamaged as damage:
            records, reason = [], str(damage)
        else:
            reason = _reason(records)
        state = records[-1].state if records else None
        is_over = state in SETTLED or (state is None and self.result(job.digest) is not None)
        return Attempt(
            request=job.digest,
            digest=_manifest_digest(job),
            manifest=job.read_manifest(),
            accepted_at=job.accepted_at,
            ended_at=records[-1].at if records and is_over else None,
            state=state,
            reason=reason,
            is_over=is_over,
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One patch at a time on this host; `PatchRefused` when somebody else is at it."""
        self.folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        handle = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise PatchRefused(sentence("a patch is being applied or taken back here already")) from error
        try:
            yield
        finally:
            os.close(handle)


def _manifest_digest(job: Job) -> str:
    return hashlib.sha256(job.manifest).hexdigest()


def _reason(records: list[Record]) -> str:
    """Why it is not installed; empty when it is."""
    if not records or records[-1].state in INSTALLED:
        return ""
    failed = next((each for each in records if each.state is PatchState.ROLLING_BACK and each.body.get(REASON)), None)
    found = failed or next((each for each in records if each.body.get(REASON)), None)
    return str(found.body[REASON]) if found else ""
