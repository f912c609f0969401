from __future__ import annotations

import hashlib
import random

import pytest

from remediation.audit.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    proves_consistency,
    proves_inclusion,
    root_of,
)


def naive_root(records: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not records:
        return hashlib.sha256(b"").digest()
    if len(records) == 1:
        return hashlib.sha256(b"\x00" + records[0]).digest()
    split = 1
    while split * 2 < len(records):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(records[:split]) + naive_root(records[split:])).digest()


RECORDS = [f"record {number}".encode() for number in range(40)]
LEAVES = [leaf_hash(record) for record in RECORDS]


def test_roots_are_those_of_the_definition() -> None:
    frontier = Frontier()
    assert naive_root([]) == EMPTY_ROOT
    for size in range(len(RECORDS) + 1):
        assert frontier.root() == root_of(LEAVES[:size]) == naive_root(RECORDS[:size])
        assert frontier.size == size
        assert len(frontier.peaks) == size.bit_count()
        frontier = frontier.plus(leaf_hash(RECORDS[size % len(RECORDS)]))


def test_a_leaf_is_no_node() -> None:
    left, right = LEAVES[0], LEAVES[1]
    assert leaf_hash(left + right) != root_of([left, right])


@pytest.mark.parametrize("size", range(1, 24))
def test_every_inclusion_is_proved_and_no_other(size: int) -> None:
    root = root_of(LEAVES[:size])
    for index in range(size):
        proof = inclusion_proof(LEAVES[:size], index)
        assert proves_inclusion(LEAVES[index], index, size, proof, root)
        assert not proves_inclusion(leaf_hash(b"other"), index, size, proof, root)
        assert not proves_inclusion(LEAVES[index], size, size, proof, root)
        assert not proves_inclusion(LEAVES[index], index, size, [*proof, LEAVES[0]], root)
        if proof:
            assert not proves_inclusion(LEAVES[index], index, size, proof[:-1], root)
            assert not proves_inclusion(LEAVES[index], (index + 1) % size, size, proof, root)


@pytest.mark.parametrize("size", range(24))
def test_every_growth_is_proved_and_no_other(size: int) -> None:
    chance = random.Random(size)
    root = root_of(LEAVES[:size])
    for old_size in range(size + 1):
        old_root = root_of(LEAVES[:old_size])
        proof = consistency_proof(LEAVES[:size], old_size)
        assert proves_consistency(old_size, old_root, size, root, proof)
        assert not proves_consistency(old_size, leaf_hash(b"other"), size, root, proof)
        assert not proves_consistency(old_size, old_root, size, root, [*proof, LEAVES[0]])
        assert not proves_consistency(size + 1, old_root, size, root, proof)
        if proof:
            broken = list(proof)
            broken[chance.randrange(len(proof))] = leaf_hash(b"broken")
            assert not proves_consistency(old_size, old_root, size, root, broken)
            assert not proves_consistency(old_size, old_root, size, leaf_hash(b"root"), proof)
