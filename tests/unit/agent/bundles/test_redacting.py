from __future__ import annotations

from pathlib import Path

import pytest
import zstandard

from agent.bundles.packing import read_manifest, read_pieces
from agent.bundles.redacting import Incomplete, redact_bundle
from agent.redaction.redactor import Redactor
from agent.settings.redaction import RedactionSettings
from remediation.executor.model import BundleIndex, Piece
from tests.fakes.gathered_bundle import PERSONAL, REQUEST, GatheredBundle

FILES = {"/logs/a.log": f"hello {PERSONAL}\n".encode(), "/logs/b.bin": b"\0\1", "/logs/c.log": b"quiet\n"}


OFF = RedactionSettings(korean_id=False, chinese_id=False, phone=False, card=False, secret=False, private_key=False)


def redacted(tmp_path: Path, redactor: Redactor) -> Path:
    executor = GatheredBundle(FILES)
    path = tmp_path / "b.tar.zst"
    redact_bundle(executor.bundle_index(REQUEST), executor, redactor, path, "a1")
    return path


def plain(path: Path) -> bytes:
    with path.open("rb") as source:
        return zstandard.ZstdDecompressor().stream_reader(source).read()


def test_no_value_is_in_any_byte_of_the_bundle(tmp_path: Path) -> None:
    path = redacted(tmp_path, Redactor(RedactionSettings(), b"k" * 32))
    assert PERSONAL.encode() not in plain(path)
    assert [content for _, content in read_pieces(path)][1] == b"quiet\n"


def test_the_values_are_there_when_redaction_is_off(tmp_path: Path) -> None:
    """The negative control of the test above."""
    assert PERSONAL.encode() in plain(redacted(tmp_path, Redactor(OFF, b"k" * 32)))


def test_what_is_left_out_is_listed(tmp_path: Path) -> None:
    manifest = read_manifest(redacted(tmp_path, Redactor(RedactionSettings(), b"k" * 32)))
    assert [(each.name, each.left_out) for each in manifest.entries] == [
        ("0000-a.log", ""),
        ("", "no text"),
        ("0002-c.log", ""),
        ("", "a link"),
    ]
    assert (manifest.request, manifest.ticket, manifest.host) == (REQUEST, "T-1", "a1")


def test_the_same_pieces_give_the_same_bytes(tmp_path: Path) -> None:
    redactor = Redactor(RedactionSettings(), b"k" * 32)
    assert redacted(tmp_path, redactor).read_bytes() == redacted(tmp_path, redactor).read_bytes()


def test_a_piece_that_is_not_as_it_was_gathered_is_not_taken(tmp_path: Path) -> None:
    executor = GatheredBundle(FILES)
    index = BundleIndex(digest=REQUEST, ticket="", pieces=[Piece("file", "/a", 3, 3, "00" * 32)])
    with pytest.raises(Incomplete):
        redact_bundle(index, executor, Redactor(RedactionSettings(), b"k" * 32), tmp_path / "b", "a1")
    assert list(tmp_path.iterdir()) == []
