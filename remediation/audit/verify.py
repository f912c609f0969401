"""What is wrong with a chain, pure: stored lines and signed heads -> findings.

Two questions. Does every record follow from the one before it? That finds an edit, a record left
out, moved or put in, and says where, as long as whoever did it has not computed all later hashes anew.
Does the chain agree with what was signed about it? That finds a rewritten or shortened chain; it needs
one head that was made later and countersigned by somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from remediation.audit.lines import GENESIS, Line, next_hash, read_line
from remediation.audit.tree import Frontier, leaf_hash
from wire.documents.heads import AuditHead
from wire.sentence import Sentence, sentence

CLOCK_TOLERANCE: Final = timedelta(seconds=1)
FINDINGS: Final = 1_000


class Fraud(StrEnum):
    """What a finding is about."""

    UNREADABLE = "unreadable"
    EDITED = "edited"
    MISSING = "missing"
    REORDERED = "reordered"
    TORN = "torn"
    CLOCK_BACK = "clock_back"
    HEAD_MISMATCH = "head_mismatch"
    TRUNCATED = "truncated"
    NO_HEAD = "no_head"
    HEAD_OLD = "head_old"


# What may have an innocent cause; all else means that somebody changed the chain.
NOTICES: Final = frozenset({Fraud.CLOCK_BACK, Fraud.NO_HEAD, Fraud.HEAD_OLD, Fraud.TORN})


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; `record` is its number, 0 for the whole chain."""

    fraud: Fraud
    record: int
    words: Sentence

    @property
    def is_proof(self) -> bool:
        """Whether the chain was changed, beyond doubt."""
        return self.fraud not in NOTICES


@dataclass(frozen=True)
class Verdict:
    """What was found, and what was looked at."""

    records: int
    chain: str
    root: str
    last_head: AuditHead | None
    findings: Sequence[Finding]


def verify(
    lines: Iterable[bytes],
    heads: Sequence[AuditHead],
    *,
    torn_bytes: int = 0,
    now: datetime | None = None,
    head_age: timedelta | None = None,
) -> Verdict:
    """Judge a chain by its stored lines and by heads whose signatures the caller has checked."""
    walk = _Walk({head.size: [other for other in heads if other.size == head.size] for head in heads})
    for raw in lines:
        walk.take(raw)
    findings = walk.findings
    if torn_bytes:
        findings.append(_torn(torn_bytes))
    for head in heads:
        if head.size > walk.size:
            findings.append(_truncated(head, walk.size))
    last = max(heads, key=lambda head: (head.size, head.at), default=None)
    findings += _age(last, now, head_age)
    return Verdict(walk.size, walk.chain.hex(), walk.frontier.root().hex(), last, findings[:FINDINGS])


class _Walk:
    """One pass over the lines."""

    def __init__(self, heads: dict[int, list[AuditHead]]) -> None:
        self._heads = heads
        self._expected = 1
        self._at: datetime | None = None
        self.size = 0
        self.chain = GENESIS
        self.frontier = Frontier()
        self.findings: list[Finding] = []

    def take(self, raw: bytes) -> None:
        """The next line."""
        self.size += 1
        line = read_line(raw)
        stored = raw if line is None else line.stored
        computed = next_hash(self.chain, stored)
        self.frontier = self.frontier.plus(leaf_hash(stored))
        if line is None:
            words = sentence("record {record} cannot be read: its line was changed", record=self._expected)
            self._find(Fraud.UNREADABLE, self._expected, words)
            self.chain, self._expected = computed, self._expected + 1
        else:
            self._judge(line, computed)
        for head in self._heads.get(self.size, ()):
            self._compare(head)

    def _judge(self, line: Line, computed: bytes) -> None:
        number, expected = line.entry.n, self._expected
        if number > expected:
            words = sentence("records {first} to {last} are missing", first=expected, last=number - 1)
            self._find(Fraud.MISSING, expected, words)
        elif number < expected:
            words = sentence("record {record} stands where record {expected} belongs", record=number, expected=expected)
            self._find(Fraud.REORDERED, number, words)
        elif line.chain != computed:
            words = sentence("record {record} or the one before it was changed", record=number)
            self._find(Fraud.EDITED, number, words)
        if self._at is not None and line.entry.at < self._at - CLOCK_TOLERANCE:
            words = sentence(
                "the clock went back before record {record}: from {before} to {after}",
                record=number,
                before=self._at.isoformat(),
                after=line.entry.at.isoformat(),
            )
            self._find(Fraud.CLOCK_BACK, number, words)
        self._at = line.entry.at
        self.chain, self._expected = line.chain, number + 1

    def _compare(self, head: AuditHead) -> None:
        if head.chain != self.chain.hex() or head.root != self.frontier.root().hex():
            words = sentence(
                "the chain up to record {record} is not the one that was signed on {at}",
                record=head.size,
                at=head.at.isoformat(),
            )
            self._find(Fraud.HEAD_MISMATCH, head.size, words)

    def _find(self, fraud: Fraud, record: int, words: Sentence) -> None:
        self.findings.append(Finding(fraud, record, words))


def _torn(count: int) -> Finding:
    return Finding(
        Fraud.TORN, 0, sentence("behind the last record stand {count} bytes of an unfinished one", count=count)
    )


def _truncated(head: AuditHead, size: int) -> Finding:
    words = sentence(
        "the chain ends at record {size}, but {signed} records were signed on {at}",
        size=size,
        signed=head.size,
        at=head.at.isoformat(),
    )
    return Finding(Fraud.TRUNCATED, size, words)


def _age(last: AuditHead | None, now: datetime | None, limit: timedelta | None) -> list[Finding]:
    if now is None or limit is None:
        return []
    if last is None:
        words = sentence("no head of this chain was countersigned: a chain rewritten as a whole would not be noticed")
        return [Finding(Fraud.NO_HEAD, 0, words)]
    if now - last.at <= limit:
        return []
    hours = round((now - last.at).total_seconds() / 3_600)
    words = sentence("the last countersigned head is {hours} hours old; what came after it is not secured", hours=hours)
    return [Finding(Fraud.HEAD_OLD, last.size, words)]
