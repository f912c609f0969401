"""The Merkle tree of RFC 6962 over the records, pure.

Leaves are hashed with 0x00 in front and nodes with 0x01, so that neither can be taken for the other.
A tree of n leaves splits at the largest power of two below n. What a grower needs to remember is the
*frontier*: the roots of the complete subtrees from left to right, at most log2(n) of them.

>>> frontier = Frontier()
>>> for record in (b"a", b"b", b"c"):
...     frontier = frontier.plus(leaf_hash(record))
>>> frontier.root() == node_hash(node_hash(leaf_hash(b"a"), leaf_hash(b"b")), leaf_hash(b"c"))
True
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(record: bytes) -> bytes:
    """SHA-256 of 0x00 and the record."""
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """A tree that grows to the right: `peaks` are the complete subtrees of `size` leaves, the largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def plus(self, leaf: bytes) -> Frontier:
        """The tree with one more leaf."""
        peaks, carry, size = list(self.peaks), leaf, self.size
        while size & 1:
            carry = node_hash(peaks.pop(), carry)
            size >>= 1
        return Frontier(self.size + 1, (*peaks, carry))

    def root(self) -> bytes:
        """The root of the tree."""
        if not self.peaks:
            return EMPTY_ROOT
        found = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            found = node_hash(peak, found)
        return found


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over hashed leaves."""
    if not leaves:
        return EMPTY_ROOT
    row = list(leaves)
    while len(row) > 1:  # a last one without a partner goes up as it is: the same tree as the recursive definition
        paired = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        row = paired + row[len(row) - len(row) % 2 :]
    return row[0]


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """PATH(index, leaves): what proves that leaf `index` (from 0) stands in the tree over all `leaves`."""
    if len(leaves) <= 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_proof(leaves[:split], index), root_of(leaves[split:])]
    return [*inclusion_proof(leaves[split:], index - split), root_of(leaves[:split])]


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """PROOF(old_size, leaves): what proves that the tree over all `leaves` grew from its first `old_size`."""
    if old_size in (0, len(leaves)):
        return []
    return _subproof(leaves, old_size, whole=True)


def proves_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that `leaf` stands at `index` of the tree of `size` leaves with this root."""
    if not 0 <= index < size:
        return False
    sides = _climb(index, size - 1, len(proof))
    if sides is None:
        return False
    found = leaf
    for is_left, sibling in zip(sides, proof, strict=True):
        found = node_hash(sibling, found) if is_left else node_hash(found, sibling)
    return found == root


def proves_consistency(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `size` leaves holds the one of `old_size` as its beginning."""
    if not 0 <= old_size <= size:
        return False
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    if old_size == size:
        return not proof and old_root == root
    steps = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    skipped = ((old_size - 1) ^ old_size).bit_length() - 1  # levels on which the old tree is complete
    sides = _climb((old_size - 1) >> skipped, (size - 1) >> skipped, len(steps) - 1)
    if sides is None:
        return False
    old = new = steps[0]
    for is_left, step in zip(sides, steps[1:], strict=True):
        old = node_hash(step, old) if is_left else old
        new = node_hash(step, new) if is_left else node_hash(new, step)
    return old == old_root and new == root


def _climb(at: int, last: int, steps: int) -> list[bool] | None:
    """For each step up from node `at` whether its sibling stands left; None unless `steps` end at the root."""
    sides = []
    for _ in range(steps):
        if last == 0:
            return None
        is_left = bool(at & 1) or at == last
        sides.append(is_left)
        while is_left and at and not at & 1:  # without a partner on this level: it went up as it is
            at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return sides if last == 0 else None


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _subproof(leaves: Sequence[bytes], old_size: int, *, whole: bool) -> list[bytes]:
    if old_size == len(leaves):
        return [] if whole else [root_of(leaves)]
    split = _split(len(leaves))
    if old_size <= split:
        return [*_subproof(leaves[:split], old_size, whole=whole), root_of(leaves[split:])]
    return [*_subproof(leaves[split:], old_size - split, whole=False), root_of(leaves[:split])]
