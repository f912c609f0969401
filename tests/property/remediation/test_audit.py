"""Whatever is done to a chain behind its back is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from remediation.audit.lines import GENESIS, Entry, frame, next_hash, write_entry
from remediation.audit.tree import Frontier, leaf_hash
from remediation.audit.verify import verify
from wire.documents.heads import AuditHead

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def _written(texts: list[str]) -> tuple[list[bytes], AuditHead]:
    lines, chain, frontier = [], GENESIS, Frontier()
    for n, text in enumerate(texts, 1):
        stored = write_entry(Entry(n=n, at=START + timedelta(seconds=n), kind="seen", body={"text": text}))
        chain, frontier = next_hash(chain, stored), frontier.plus(leaf_hash(stored))
        lines.append(frame(stored, chain))
    return lines, AuditHead(agent="a", size=len(lines), chain=chain.hex(), root=frontier.root().hex(), at=START)


def _is_found(raw: bytes, heads: list[AuditHead]) -> bool:
    """As `audit verify` reads a folder: whole lines, and what is left behind the last newline."""
    pieces = raw.split(b"\n")
    tail = pieces.pop()
    verdict = verify(pieces if not tail else [*pieces, tail], heads, torn_bytes=len(tail))
    return bool(verdict.findings)


TEXTS = st.lists(st.text(max_size=8), min_size=2, max_size=9)


@given(TEXTS, st.data())
def test_any_changed_byte_is_found(texts: list[str], data: st.DataObject) -> None:
    lines, _ = _written(texts)
    raw = bytearray(b"".join(lines))
    at = data.draw(st.integers(0, len(raw) - 1))
    value = data.draw(st.integers(0, 255))
    assume(raw[at] != value)
    assert not _is_found(bytes(raw), [])
    raw[at] = value
    assert _is_found(bytes(raw), [])


@given(TEXTS, st.data())
def test_any_removed_bytes_inside_are_found(texts: list[str], data: st.DataObject) -> None:
    lines, head = _written(texts)
    raw = b"".join(lines)
    start = data.draw(st.integers(0, len(raw) - 1))
    end = data.draw(st.integers(start + 1, len(raw)))
    assert _is_found(raw[:start] + raw[end:], [head])


@given(TEXTS, st.data())
def test_any_other_order_is_found(texts: list[str], data: st.DataObject) -> None:
    lines, _ = _written(texts)
    other = data.draw(st.permutations(lines))
    assume(other != lines)
    assert _is_found(b"".join(other), [])


@given(TEXTS, TEXTS)
def test_a_chain_forged_with_right_hashes_is_found_by_a_head(true: list[str], forged: list[str]) -> None:
    _, head = _written(true)
    lines, _ = _written(forged)
    assume(forged[: len(true)] != true)
    assert _is_found(b"".join(lines), [head])
    assert not _is_found(b"".join(lines), [])
