"""Whatever the paths and contents: the bundle reads back as it was written, and no name in it leads anywhere."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.bundles.packing import Entry, Manifest, member_name, read_manifest, read_pieces, write_bundle
from agent.bundles.text import NotText, redact_text
from agent.redaction.redactor import Redactor
from agent.settings.redaction import RedactionSettings

PIECES = st.lists(st.tuples(st.text(max_size=300), st.binary(max_size=2_000)), max_size=8)
REDACTOR = Redactor(RedactionSettings(), b"k" * 32)
IDENTITY = "900101-1234568"


@settings(max_examples=60, deadline=None)
@given(PIECES)
def test_a_bundle_is_what_its_manifest_says(pieces: list[tuple[str, bytes]]) -> None:
    entries = [
        Entry(
            path=path.encode("utf-8", "replace").decode(),
            name=member_name(number, path),
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        for number, (path, content) in enumerate(pieces)
    ]
    manifest = Manifest(request="ab" * 32, ticket="T-1", host="a1", entries=entries)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        digest, size = write_bundle(path, manifest, [content for _, content in pieces])
        assert (digest, size) == (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
        assert read_manifest(path) == manifest
        assert [content for _, content in read_pieces(path)] == [content for _, content in pieces]
    assert all(each.name.isascii() and "/" not in each.name and each.name[0].isdigit() for each in entries)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["quiet", "", f"x {IDENTITY} y", "ends-", "\t", "가나다"]), max_size=450))
def test_no_planted_value_is_left_wherever_the_blocks_fall(lines: list[str]) -> None:
    found = redact_text("\n".join(lines).encode(), REDACTOR).decode()
    assert IDENTITY not in found
    assert found.count("\n") == max(0, len(lines) - 1)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3_000))
def test_any_bytes_are_redacted_or_left_out(raw: bytes) -> None:
    try:
        redact_text(raw, REDACTOR).decode()
    except NotText:
        return
