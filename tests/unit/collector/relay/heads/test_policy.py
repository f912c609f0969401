"""Every way in which a head can stand to the one that is kept, with real trees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.relay.heads.policy import Claimed, Step, judge_head
from remediation.audit.tree import consistency_proof, leaf_hash, root_of
from wire.documents.heads import AuditHead

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
HONEST = [leaf_hash(b"%d" % number) for number in range(40)]
FORGED = [leaf_hash(b"other"), *HONEST[1:]]


def head(size: int, leaves: list[bytes] | None = None, *, later_s: float = 0) -> AuditHead:
    root = root_of((leaves or HONEST)[:size]).hex()
    return AuditHead(agent="a1", size=size, chain=root, root=root, at=AT + timedelta(seconds=later_s))


def claimed(size: int, since: int, leaves: list[bytes] | None = None, *, later_s: float = 60) -> Claimed:
    found = leaves or HONEST
    proof = consistency_proof(found[:size], since) if since < size else []
    return Claimed(head(size, found, later_s=later_s), since, [each.hex() for each in proof])


@pytest.mark.parametrize("old", range(1, 39))
def test_growth_is_countersigned_and_another_past_is_not(old: int) -> None:
    for size in range(old + 1, 40):
        assert judge_head(head(old), claimed(size, old)) is Step.COUNTERSIGN
        assert judge_head(head(old), claimed(size, old, FORGED)) is Step.FORKED


def test_a_proof_that_does_not_fit_is_a_fork() -> None:
    honest = claimed(9, 5)
    for proof in ([], honest.proof[:-1], [*honest.proof, "00" * 32], ["00" * 32, *list(honest.proof)[1:]]):
        assert judge_head(head(5), Claimed(honest.head, 5, proof)) is Step.FORKED


def test_a_proof_from_elsewhere_asks_for_ours_first() -> None:
    assert judge_head(head(5), claimed(9, 0)) is Step.SEND_OURS
    assert judge_head(head(5), claimed(9, 3)) is Step.SEND_OURS


def test_the_same_size() -> None:
    assert judge_head(head(5), claimed(5, 5)) is Step.COUNTERSIGN
    assert judge_head(head(5), claimed(5, 5, FORGED)) is Step.FORKED


def test_a_shorter_chain_unless_the_head_is_older() -> None:
    assert judge_head(head(5), claimed(4, 0)) is Step.SHORTENED
    assert judge_head(head(5), claimed(4, 0, later_s=-60)) is Step.LEAVE


def test_the_first_head_has_nothing_to_prove() -> None:
    assert judge_head(None, claimed(9, 0)) is Step.COUNTERSIGN
    assert judge_head(head(0), claimed(9, 0)) is Step.COUNTERSIGN
