from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from remediation.audit.lines import GENESIS, Entry, frame, next_hash, read_line, write_entry
from remediation.audit.tree import leaf_hash, root_of
from remediation.audit.verify import Fraud, verify
from wire.documents.heads import AuditHead

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def a_chain(size: int, *, text: str = "x", late: timedelta = timedelta()) -> list[bytes]:
    lines, chain = [], GENESIS
    for n in range(1, size + 1):
        at = START + timedelta(seconds=n) - (late if n == size else timedelta())
        stored = write_entry(Entry(n=n, at=at, kind="seen", body={"text": f"{text}{n}"}))
        chain = next_hash(chain, stored)
        lines.append(frame(stored, chain).removesuffix(b"\n"))
    return lines


def a_head(lines: list[bytes], *, at: datetime = START) -> AuditHead:
    read = [line for raw in lines if (line := read_line(raw))]
    root = root_of([leaf_hash(line.stored) for line in read])
    return AuditHead(agent="a1", size=len(lines), chain=read[-1].chain.hex(), root=root.hex(), at=at)


def frauds(lines: list[bytes], heads: list[AuditHead] | None = None) -> list[tuple[Fraud, int]]:
    return [(finding.fraud, finding.record) for finding in verify(lines, heads or []).findings]


def test_a_whole_chain_has_no_findings() -> None:
    lines = a_chain(9)
    verdict = verify(lines, [a_head(lines[:4]), a_head(lines)], now=START, head_age=timedelta(hours=1))
    assert verdict.findings == []
    assert (verdict.records, verdict.root) == (9, a_head(lines).root)


def test_an_edit_is_found_where_it_is() -> None:
    lines = a_chain(5)
    lines[2] = lines[2].replace(b"x3", b"y3")
    assert frauds(lines) == [(Fraud.EDITED, 3)]


def test_a_record_left_out_is_found() -> None:
    lines = a_chain(5)
    assert frauds(lines[:2] + lines[3:]) == [(Fraud.MISSING, 3)]
    assert frauds(lines[1:]) == [(Fraud.MISSING, 1)]


def test_records_that_changed_places_are_found() -> None:
    lines = a_chain(5)
    lines[1], lines[2] = lines[2], lines[1]
    assert (Fraud.REORDERED, 2) in frauds(lines)


def test_a_record_that_stands_twice_is_found() -> None:
    lines = a_chain(3)
    assert (Fraud.REORDERED, 2) in frauds([*lines[:2], *lines[1:]])


def test_the_end_cut_off_needs_a_later_head() -> None:
    lines = a_chain(5)
    assert frauds(lines[:3]) == []
    assert frauds(lines[:3], [a_head(lines)]) == [(Fraud.TRUNCATED, 3)]


def test_a_chain_written_anew_needs_a_head() -> None:
    true, forged = a_chain(5), a_chain(5, text="forged")
    assert frauds(forged) == []
    assert frauds(forged, [a_head(true[:3])]) == [(Fraud.HEAD_MISMATCH, 3)]


def test_a_clock_that_goes_back_is_noticed() -> None:
    assert frauds(a_chain(5, late=timedelta(hours=1))) == [(Fraud.CLOCK_BACK, 5)]
    assert frauds(a_chain(5, late=timedelta(seconds=1))) == []


@pytest.mark.parametrize(("hours", "expected"), [(1, []), (3, [(Fraud.HEAD_OLD, 5)])])
def test_the_age_of_the_last_head_is_told(hours: int, expected: list[tuple[Fraud, int]]) -> None:
    lines = a_chain(5)
    now = START + timedelta(hours=hours)
    found = verify(lines, [a_head(lines)], now=now, head_age=timedelta(hours=2)).findings
    assert [(finding.fraud, finding.record) for finding in found] == expected


def test_no_head_at_all_is_told() -> None:
    found = verify(a_chain(2), [], now=START, head_age=timedelta(hours=2)).findings
    assert [(finding.fraud, finding.is_proof) for finding in found] == [(Fraud.NO_HEAD, False)]


def test_an_unfinished_record_is_told() -> None:
    assert [f.fraud for f in verify(a_chain(2), [], torn_bytes=7).findings] == [Fraud.TORN]
