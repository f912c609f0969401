"""Copied first, bounded by the manifest; what is not what was signed leaves nothing behind."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from remediation.executor.patches.taking import PIECE, take, take_file
from remediation.patch.errors import PatchRefused
from remediation.patch.manifest import Payload
from tests.fakes.made_patch import sha256

CONTENT = os.urandom(PIECE + 5)
FIELDS = Payload(sha256=sha256(CONTENT), size_bytes=len(CONTENT), unpacked_bytes=1)


class Endless(io.RawIOBase):
    """Never ends; counts what was read."""

    def __init__(self) -> None:
        self.given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "a bounded read"
        self.given += size
        return b"\0" * size


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "own" / FIELDS.sha256


def _left(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir()) if target.parent.exists() else []


def test_what_was_signed_is_taken(tmp_path: Path, target: Path) -> None:
    (tmp_path / "came").write_bytes(CONTENT)
    take_file(tmp_path / "came", FIELDS, target)
    assert target.read_bytes() == CONTENT
    assert target.stat().st_mode & 0o777 == 0o600
    assert _left(target) == [target.name]


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"x", b"", b"\0" * len(CONTENT)])
def test_anything_else_is_refused(tmp_path: Path, target: Path, content: bytes) -> None:
    (tmp_path / "came").write_bytes(content)
    with pytest.raises(PatchRefused, match="not"):
        take_file(tmp_path / "came", FIELDS, target)
    assert _left(target) == []


def test_what_was_there_stays(tmp_path: Path, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"before")
    (tmp_path / "came").write_bytes(b"\0" * len(CONTENT))
    with pytest.raises(PatchRefused):
        take_file(tmp_path / "came", FIELDS, target)
    assert target.read_bytes() == b"before"


def test_endless_bytes_are_read_as_far_as_the_manifest_says(target: Path) -> None:
    source = Endless()
    with pytest.raises(PatchRefused):
        take(source, FIELDS, target)  # type: ignore[arg-type]
    assert source.given == FIELDS.size_bytes
    assert _left(target) == []


def test_one_that_grows_after_it_was_looked_at(tmp_path: Path, target: Path) -> None:
    """The end of what is read is the manifest's, not the file's."""
    (tmp_path / "came").write_bytes(CONTENT + b"more")
    with (tmp_path / "came").open("rb") as source:
        take(source, FIELDS, target)
    assert target.read_bytes() == CONTENT


def test_links_devices_and_pipes_are_refused(tmp_path: Path, target: Path) -> None:
    (tmp_path / "real").write_bytes(CONTENT)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe")
    for source in (tmp_path / "link", tmp_path / "pipe", tmp_path, Path("/dev/zero"), tmp_path / "absent"):
        with pytest.raises(PatchRefused):
            take_file(source, FIELDS, target)
    assert _left(target) == []
