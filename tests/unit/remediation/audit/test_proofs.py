from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from remediation.audit.chain import AuditChain, chain_files
from remediation.audit.proofs import growth_proof
from remediation.audit.tree import proves_consistency

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def test_each_growth_is_proven_over_all_files(tmp_path: Path) -> None:
    chain, roots = AuditChain(tmp_path, lambda: NOW, file_bytes=600), dict[int, bytes]()
    while len(roots) < 20:
        chain.append("x", {"n": len(roots)})
        found = chain.head()
        roots[found.size] = bytes.fromhex(found.root)
    assert len(chain_files(tmp_path)) > 2
    sizes = sorted(roots)
    for old in sizes:
        for size in sizes:
            proof = [bytes.fromhex(each) for each in growth_proof(tmp_path, old, size)]
            assert proves_consistency(old, roots[old], size, roots[size], proof) is (old <= size)


def test_what_is_not_there_is_not_proven(tmp_path: Path) -> None:
    chain = AuditChain(tmp_path, lambda: NOW)
    chain.append("x", {})
    assert growth_proof(tmp_path, 1, 9) == []
    assert growth_proof(tmp_path, 0, 1) == []
