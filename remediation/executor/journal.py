"""What the executor writes into the audit chain, and what it finds there after a crash.

Order of a run: the ledger counts the use, `intent` is durable, then the first program starts, then
`result`. An intent without a result means that the host went down between them. Nobody knows how far
the programs came, so the next start records `unknown` for it, and it is never started again.

A refusal costs the asker nothing, so refusals are recorded in full only so many times a minute; the
rest is counted and told. Documents are kept whole in the record, so that the customer can check their
signatures without us.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from remediation.audit.chain import AuditChain, chain_files, stored_lines
from remediation.audit.lines import Line, read_line
from wire.proofs import Outcome, Result

INTENT: Final = "intent"
RESULT: Final = "result"
REFUSED: Final = "refused"
STOPPED: Final = "stopped"
SKIPPED: Final = "refusals_not_recorded"
BUNDLE: Final = "bundle"  # what was gathered, and what became of it
PATCH: Final = "patch"  # a patch was permitted, or has come to a state; what it became is a result
CLOCK_ACCEPTED: Final = "clock_accepted"  # by root on this host: time counts from this record on
REFUSALS_PER_MINUTE: Final = 10  # anybody can cause one: with the limit below at most 150 MB a day
REFUSED_BYTES: Final = 8_000  # of documents in one such record; a request with an approval has 2 KB
DOCUMENT_BYTES: Final = 100_000  # of documents in any other record
CLOCK_BACK: Final = timedelta(minutes=5)


class Journal:
    """The executor's side of one audit chain."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self.folder = folder
        self._now = now
        self.chain = AuditChain(folder, now)
        self._minute = now()
        self._refusals = 0
        self._skipped = 0
        self.unknown_outcomes = 0
        self._newest = self._recover()

    def is_clock_back(self) -> bool:
        """Whether the clock shows a time well before the newest record, or before the administrator's word."""
        if self._is_before_newest():
            self._newest = newest_time(self._last_lines())  # a local command may have written meanwhile
        return self._is_before_newest()

    def _is_before_newest(self) -> bool:
        return self._newest is not None and self._now() < self._newest - CLOCK_BACK

    def intend(self, body: dict[str, Any]) -> int:
        """Record durably what is about to be started."""
        return self._append(INTENT, body)

    def finish(self, result: Result) -> Result:
        """Record durably how it ended; the result with its record's number."""
        number = self._append(RESULT, msgspec.to_builtins(result))
        return msgspec.structs.replace(result, audit_record=number)

    def refuse(self, result: Result, documents: list[bytes]) -> Result:
        """Record a refusal with the documents that were refused, if not too many were before."""
        if self._is_flood():
            self._skipped += 1
            return result
        body = msgspec.to_builtins(result)
        number = self._append(REFUSED, {**body, "documents": kept(documents, REFUSED_BYTES)})
        return msgspec.structs.replace(result, audit_record=number)

    def stop(self, body: dict[str, Any]) -> int:
        """Record a revocation or decline."""
        return self._append(STOPPED, body)

    def note_bundle(self, body: dict[str, Any]) -> int:
        """Record what was gathered for a bundle, or what became of it."""
        return self._append(BUNDLE, body)

    def note_patch(self, body: dict[str, Any]) -> int:
        """Record that a patch was permitted."""
        return self._append(PATCH, body)

    def result_of(self, digest: str) -> Result | None:
        """How the last run of the document with this digest ended; None when it never ran."""
        needle, found = digest.encode(), None
        for raw in stored_lines(self.folder):
            line = read_line(raw) if needle in raw else None
            if line and line.entry.kind == RESULT and line.entry.body.get("digest") == digest:
                found = _result_in(line)
        return found

    def _append(self, kind: str, body: dict[str, Any]) -> int:
        number = self.chain.append(kind, body)
        self._newest = max(self._newest or self._now(), self._now())
        return number

    def _is_flood(self) -> bool:
        now = self._now()
        if not timedelta() <= now - self._minute < timedelta(minutes=1):
            skipped, self._minute, self._refusals, self._skipped = self._skipped, now, 0, 0
            if skipped:
                self._append(SKIPPED, {"count": skipped})
        self._refusals += 1
        return self._refusals > REFUSALS_PER_MINUTE

    def _recover(self) -> datetime | None:
        """Find an intent without its result; the time of the newest record."""
        unfinished = None
        lines = self._last_lines()
        for line in lines:
            if line.entry.kind == INTENT:
                unfinished = line
            elif line.entry.kind == RESULT and unfinished and line.entry.body.get("digest") == _digest(unfinished):
                unfinished = None  # a patch, which is applied by another process, may end meanwhile
        if unfinished is not None:
            self.unknown_outcomes = 1
            self.chain.append(RESULT, msgspec.to_builtins(self._unknown(unfinished)))
        return newest_time(lines)

    def _last_lines(self) -> list[Line]:
        return last_lines(self.folder)

    def _unknown(self, line: Line) -> Result:
        body = line.entry.body
        return Result(
            digest=str(body.get("digest")),
            request=str(body.get("request", "")),
            ticket=str(body.get("ticket", "")),
            action=str(body.get("action", "")),
            engineer=str(body.get("engineer", "")),
            approvers=[str(name) for name in body.get("approvers", [])],
            outcome=Outcome.UNKNOWN,
            detail="the host went down while it ran; it is not started again",
            ended_at=self._now(),
        )


def last_lines(folder: Path) -> list[Line]:
    """The records of the last two files: one runs at a time, so an open intent is the newest of all."""
    raws = [raw for path in chain_files(folder)[-2:] for raw in path.read_bytes().split(b"\n")]
    return [line for raw in raws if (line := read_line(raw))]


def newest_time(lines: Sequence[Line]) -> datetime | None:
    """The newest time in these records; what stands before the administrator's `clock_accepted` does not count."""
    newest: datetime | None = None
    for line in lines:
        if newest is None or line.entry.kind == CLOCK_ACCEPTED or line.entry.at > newest:
            newest = line.entry.at
    return newest


def kept(documents: Sequence[bytes], limit: int = DOCUMENT_BYTES) -> list[dict[str, str]]:
    """Documents as they stand in a record: each by its digest, and whole as long as there is room."""
    found, left = [], limit
    for document in documents:
        is_whole = len(document) <= left
        left -= len(document) if is_whole else 0
        text = base64.b64encode(document).decode() if is_whole else ""
        found.append({"sha256": hashlib.sha256(document).hexdigest(), "document": text})
    return found


def _digest(line: Line) -> object:
    return line.entry.body.get("digest")


def _result_in(line: Line) -> Result | None:
    try:
        found = msgspec.convert(line.entry.body, Result)
    except msgspec.ValidationError:
        return None
    return msgspec.structs.replace(found, audit_record=line.entry.n)
