"""Whether a head of a host's audit chain may be countersigned, pure.

The collector keeps one head of each host: the newest that it has countersigned. Another one gets its
signature only with the proof (RFC 6962) that the kept one is its beginning. So a host that rewrites
or shortens its chain, even with everything computed anew, has no second signature under it.

A proof that begins elsewhere is no fraud: the host may have lost our last answer. It gets that head
once more, and proves the growth from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from remediation.audit.tree import proves_consistency
from wire.documents.heads import AuditHead


class Step(StrEnum):
    """What to do with a head."""

    COUNTERSIGN = "countersign"
    SEND_OURS = "send_ours"
    LEAVE = "leave"  # older than what we have: it was late
    FORKED = "forked"
    SHORTENED = "shortened"


@dataclass(frozen=True)
class Claimed:
    """A head that its host has signed, and the proof beside it."""

    head: AuditHead
    since: int
    proof: Sequence[str]


def judge_head(kept: AuditHead | None, claimed: Claimed) -> Step:
    """Compare with the head that is kept, None before the first."""
    head = claimed.head
    if kept is None:
        return Step.COUNTERSIGN
    if head.size < kept.size:
        return Step.LEAVE if head.at < kept.at else Step.SHORTENED
    if head.size == kept.size:
        return Step.COUNTERSIGN if (head.root, head.chain) == (kept.root, kept.chain) else Step.FORKED
    if claimed.since != kept.size:
        return Step.SEND_OURS
    return Step.COUNTERSIGN if _has_grown(kept, claimed) else Step.FORKED


def _has_grown(kept: AuditHead, claimed: Claimed) -> bool:
    head, proof = claimed.head, [bytes.fromhex(each) for each in claimed.proof]
    return kept.size == 0 or proves_consistency(
        kept.size, bytes.fromhex(kept.root), head.size, bytes.fromhex(head.root), proof
    )
