from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from remediation.backup.manifest import DatabaseFacts, Manifest, decode_manifest, encode_manifest

MANIFEST = Manifest(
    run="r1",
    site="seoul",
    host="shop-1",
    at=datetime(2026, 1, 2, tzinfo=UTC),
    databases=[DatabaseFacts(name="orders", engine="sqlite", version="3", files=["a"], tables={'"Ä".t': 3})],
)


def test_it_comes_back_as_it_was_written() -> None:
    assert decode_manifest(encode_manifest(MANIFEST)) == MANIFEST


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", encode_manifest(MANIFEST)[:-3]])
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_manifest(content)
