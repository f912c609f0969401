from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deploy.lab.product import dependencies


def test_dependencies_are_fetched_by_hash_once_for_a_lock(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    lock = tmp_path / "locks/agent.txt"
    lock.write_text("one==1 --hash=sha256:0\n")
    ran: list[Sequence[str | Path]] = []

    def run(command: Sequence[str | Path]) -> None:
        ran.append(command)
        Path(command[-1]).mkdir()

    first = dependencies(tmp_path / "cache", tmp_path, run)
    assert dependencies(tmp_path / "cache", tmp_path, run) == first
    assert len(ran) == 1
    assert "--require-hashes" in ran[0]
    assert lock in ran[0]
    lock.write_text("two==2 --hash=sha256:0\n")
    assert dependencies(tmp_path / "cache", tmp_path, run) != first
