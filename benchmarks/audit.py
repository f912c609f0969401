"""The audit chain: writing, heads, verification; and one permitted action without its program."""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from remediation.audit.chain import AuditChain, stored_lines
from remediation.audit.lines import read_line
from remediation.audit.proofs import growth_proof
from remediation.audit.tree import leaf_hash, root_of
from remediation.audit.verify import verify
from tests.fakes.maintained_host import MaintainedHost

RECORDS = 100_000
GROUP = 100


def now() -> datetime:
    return datetime.now(UTC)


def chain(folder: Path) -> None:
    made = AuditChain(folder, now)
    body = {"digest": "ab" * 32, "action": "restart-service", "outcome": "done"}
    started = time.perf_counter()
    for _ in range(RECORDS // GROUP):
        made.append_all([("result", body)] * GROUP)
    print(f"{RECORDS} records chained, durable in groups of {GROUP}: {time.perf_counter() - started:.2f} s")
    started = time.perf_counter()
    for _ in range(200):
        made.append("result", body)
    print(f"one durable record: {(time.perf_counter() - started) / 200 * 1_000:.2f} ms")
    started = time.perf_counter()
    made.head()
    print(f"head from the frontier: {(time.perf_counter() - started) * 1_000:.2f} ms")
    leaves = [leaf_hash(line.stored) for raw in stored_lines(folder) if (line := read_line(raw))]
    started = time.perf_counter()
    root_of(leaves)
    print(f"Merkle root over {len(leaves)} leaves anew: {time.perf_counter() - started:.2f} s")
    started = time.perf_counter()
    assert growth_proof(folder, RECORDS - 7, RECORDS)
    print(f"proof that it has only grown: {time.perf_counter() - started:.2f} s")
    started = time.perf_counter()
    assert not [finding for finding in verify(stored_lines(folder), []).findings if finding.is_proof]
    print(f"verifying all of it: {time.perf_counter() - started:.2f} s")
    started = time.perf_counter()
    AuditChain(folder, now)
    print(f"opening: {(time.perf_counter() - started) * 1_000:.0f} ms")


def action(folder: Path) -> None:
    host = MaintainedHost(folder)
    times = []
    for number in range(100):
        request = host.request(id=f"{number:032x}")
        approval = host.approval(request, id=f"{number + 1_000:032x}")
        started = time.perf_counter()
        assert host.run(request, approval).exit_code == 0
        times.append(time.perf_counter() - started)
    times.sort()
    print(f"judging, counting and recording one action: p50 {times[50] * 1_000:.1f} ms, max {times[-1] * 1_000:.1f} ms")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        chain(Path(folder) / "audit")
    with tempfile.TemporaryDirectory() as folder:
        action(Path(folder))
