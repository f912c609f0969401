from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from remediation.audit.chain import AuditChain, ChainBroken, chain_files, stored_lines, torn_tail
from remediation.audit.lines import CONTINUED
from remediation.audit.tree import leaf_hash, root_of
from remediation.audit.verify import verify

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def chain_in(folder: Path, *, file_bytes: int = 8_000_000) -> AuditChain:
    steps = count()
    return AuditChain(folder, lambda: START + timedelta(seconds=next(steps)), file_bytes=file_bytes)


def test_records_are_numbered_and_read_back(tmp_path: Path) -> None:
    chain = chain_in(tmp_path)
    assert [chain.append("seen", {"digest": str(n)}) for n in range(3)] == [1, 2, 3]
    assert [(line.entry.n, line.entry.kind, line.entry.body) for line in chain.read()] == [
        (n + 1, "seen", {"digest": str(n)}) for n in range(3)
    ]


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    first = chain_in(tmp_path)
    first.append("a", {})
    head = first.head()
    first.close()
    second = chain_in(tmp_path)
    assert (second.head().chain, second.head().root, second.head().size) == (head.chain, head.root, 1)
    assert second.append("b", {}) == 2
    assert verify(stored_lines(tmp_path), []).findings == []


@pytest.mark.parametrize("opened_anew", [False, True])
def test_rotation_keeps_the_chain(tmp_path: Path, opened_anew: bool) -> None:
    chain = chain_in(tmp_path, file_bytes=1_000)
    for number in range(60):
        chain.append("seen", {"number": number, "text": "x" * 40})
        if opened_anew:
            chain.close()
            chain = chain_in(tmp_path, file_bytes=1_000)
    assert len(chain_files(tmp_path)) > 5
    lines = list(chain.read())
    assert [line.entry.n for line in lines] == list(range(1, len(lines) + 1))
    assert [line.entry.body["number"] for line in lines if line.entry.kind == "seen"] == list(range(60))
    assert lines[0].entry.kind == "seen"
    assert sum(line.entry.kind == CONTINUED for line in lines) == len(chain_files(tmp_path)) - 1
    assert chain.head().root == root_of([leaf_hash(line.stored) for line in lines]).hex()
    verdict = verify(stored_lines(tmp_path), [chain.head().of("a1")])
    assert verdict.findings == [] or opened_anew  # each opening starts the test's clock anew
    assert all(not finding.is_proof for finding in verdict.findings)


@pytest.mark.parametrize("tail", [b"0123", b'ff {"n":3', b"\x00" * 500, b"abc\x00\x00"])
def test_a_torn_tail_is_cut_and_told(tmp_path: Path, tail: bytes) -> None:
    chain = chain_in(tmp_path)
    chain.append("a", {})
    chain.close()
    with chain_files(tmp_path)[0].open("ab") as file:
        file.write(tail)
    again = chain_in(tmp_path)
    assert again.torn_bytes == len(tail)
    assert [line.entry.kind for line in again.read()] == ["a", "torn"]
    assert again.append("b", {}) == 3
    assert torn_tail(tmp_path) == 0
    assert [finding for finding in verify(stored_lines(tmp_path), []).findings if finding.is_proof] == []


def test_what_a_dead_process_left_is_cut_by_the_living(tmp_path: Path) -> None:
    chain = chain_in(tmp_path)
    chain.append("a", {})
    with chain_files(tmp_path)[0].open("ab") as file:
        file.write(b"half a line")
    assert chain.append("b", {}) == 3
    assert [line.entry.kind for line in chain.read()] == ["a", "torn", "b"]


def test_a_further_file_without_a_record_is_no_trap(tmp_path: Path) -> None:
    chain = chain_in(tmp_path)
    chain.append("a", {})
    chain.close()
    (tmp_path / "chain-00000002.jsonl").write_bytes(b"half")
    again = chain_in(tmp_path)
    assert again.append("b", {}) == 3
    assert [line.entry.kind for line in again.read()] == ["a", "torn", "b"]


def test_two_writers_share_one_chain(tmp_path: Path) -> None:
    one, two = chain_in(tmp_path, file_bytes=2_000), chain_in(tmp_path, file_bytes=2_000)
    for number in range(40):
        (one if number % 3 else two).append("seen", {"number": number})
    assert one.head().chain == two.head().chain
    assert [line.entry.body["number"] for line in one.read() if line.entry.kind == "seen"] == list(range(40))
    assert [finding for finding in verify(stored_lines(tmp_path), []).findings if finding.is_proof] == []


def test_threads_share_flushes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushes: list[int] = []
    real = os.fsync

    def note(handle: int) -> None:
        flushes.append(handle)
        real(handle)

    monkeypatch.setattr(os, "fsync", note)
    chain = chain_in(tmp_path)
    threads = [threading.Thread(target=lambda: [chain.append("seen", {}) for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [line.entry.n for line in chain.read()] == list(range(1, 161))
    assert len(flushes) <= 165


def test_a_failed_flush_closes_the_chain_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = chain_in(tmp_path)
    real = os.fsync

    def fail(handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ChainBroken):
        chain.append("a", {})
    monkeypatch.setattr(os, "fsync", real)
    with pytest.raises(ChainBroken):
        chain.append("b", {})


def test_a_chain_that_became_shorter_is_not_written(tmp_path: Path) -> None:
    chain = chain_in(tmp_path)
    chain.append("a", {})
    os.truncate(chain_files(tmp_path)[0], 0)
    with pytest.raises(ChainBroken):
        chain.append("b", {})


def test_damage_in_the_middle_stays_for_verify(tmp_path: Path) -> None:
    chain = chain_in(tmp_path)
    chain.append_all([("a", {}), ("b", {}), ("c", {})])
    chain.close()
    path = chain_files(tmp_path)[0]
    path.write_bytes(path.read_bytes().replace(b'"b"', b"\r\nb"))
    again = chain_in(tmp_path)
    again.append("d", {})
    assert any(finding.is_proof for finding in verify(stored_lines(tmp_path), []).findings)


def test_files_are_private(tmp_path: Path) -> None:
    chain_in(tmp_path / "audit").append("a", {})
    assert (tmp_path / "audit").stat().st_mode & 0o777 == 0o700
    assert chain_files(tmp_path / "audit")[0].stat().st_mode & 0o777 == 0o600
