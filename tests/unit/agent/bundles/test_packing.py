from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest
import zstandard

from agent.bundles.packing import (
    Entry,
    Manifest,
    NotABundle,
    file_digest,
    member_name,
    read_manifest,
    read_pieces,
    write_bundle,
)


def entry(name: str, content: bytes) -> Entry:
    return Entry(path=f"/x/{name}", name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())


PIECES = [b"one\n", b"two\n" * 1_000]
MANIFEST = Manifest(
    request="ab" * 32,
    ticket="T-1",
    host="a1",
    entries=[entry("0000-a", PIECES[0]), Entry(path="/x/b", left_out="a link"), entry("0002-c", PIECES[1])],
)


def test_it_reads_back_and_is_the_same_each_time(tmp_path: Path) -> None:
    path = tmp_path / "b.tar.zst"
    digest, size = write_bundle(path, MANIFEST, PIECES)
    assert (digest, size) == (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
    assert read_manifest(path) == MANIFEST
    assert [content for _, content in read_pieces(path)] == PIECES
    assert write_bundle(tmp_path / "c", MANIFEST, PIECES) == (digest, size)
    assert file_digest(path) == digest
    assert path.stat().st_mode & 0o077 == 0


def test_a_rest_of_a_crash_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "b.new").write_text("half")
    write_bundle(tmp_path / "b", MANIFEST, PIECES)
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


@pytest.mark.parametrize("path", ["/var/log/../..", "/a/b/한글 로그.log", "\\xff\n.log", "", "/x/" + "n" * 400])
def test_a_name_is_plain_whatever_the_path(path: str) -> None:
    name = member_name(3, path)
    assert name.startswith("0003-")
    assert name.isascii()
    assert not set(name) & set("/\\ \n\0")
    assert len(name) <= 85


def packed(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return zstandard.ZstdCompressor().compress(out.getvalue())


def link() -> tarfile.TarInfo:
    member = tarfile.TarInfo("manifest.json")
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/shadow"
    return member


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no zstd",
        zstandard.ZstdCompressor().compress(b"no tar" * 1_000),
        packed((link(), b"")),
        packed((tarfile.TarInfo("other"), b"{}")),
        packed((tarfile.TarInfo("manifest.json"), b"{")),
    ],
)
def test_what_is_no_bundle_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "b").write_bytes(raw)
    with pytest.raises(NotABundle):
        read_manifest(tmp_path / "b")


def test_content_that_differs_from_the_manifest_is_refused(tmp_path: Path) -> None:
    for pieces in ([b"One\n", PIECES[1]], [PIECES[1], PIECES[0]]):
        write_bundle(tmp_path / "b", MANIFEST, pieces)
        with pytest.raises(NotABundle, match="0000-a"):
            list(read_pieces(tmp_path / "b"))
