from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from remediation.audit.heads import FILE_NAME, Head, keep_head, kept_heads
from wire.documents.envelope import add_signature
from wire.documents.heads import read_head, write_head
from wire.keys import generate_key

HEAD = Head(size=3, chain="ab" * 32, root="cd" * 32, at=datetime(2026, 11, 24, 1, 0, tzinfo=UTC))


def test_heads_are_kept_in_their_order(tmp_path: Path) -> None:
    key = generate_key()
    envelopes = [add_signature(write_head(HEAD.of(agent)), key) for agent in ("a1", "a2")]
    assert list(kept_heads(tmp_path)) == []
    for envelope in envelopes:
        keep_head(tmp_path, envelope)
    with (tmp_path / FILE_NAME).open("ab") as file:
        file.write(b'{"torn')
    assert [read_head(envelope, key.public_key()).agent for envelope in kept_heads(tmp_path)] == ["a1", "a2"]
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
