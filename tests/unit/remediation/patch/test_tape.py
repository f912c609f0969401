"""What is written, any tar reads; what is read, only this writes."""

from __future__ import annotations

import io
import tarfile

import pytest

from remediation.patch.tape import BLOCK, END, head, named, padding

PATHS = ["a", "bin/app", "x" * 100, "x" * 101, "y/" * 90 + "z", "etc/수납", "가" * 80, "p" * 240]


def test_every_tar_reads_it() -> None:
    out = io.BytesIO()
    for path in PATHS:
        content = path.encode() * 7
        out.write(head(path, len(content), 0o640) + content + padding(len(content)))
    out.write(END)
    out.seek(0)
    with tarfile.open(fileobj=out, mode="r:") as tar:
        found = {entry.name: (entry.mode, tar.extractfile(entry).read()) for entry in tar}  # type: ignore[union-attr]
    assert found == {path: (0o640, path.encode() * 7) for path in PATHS}


@pytest.mark.parametrize("length", [90, 91, 92, 93, 989, 990, 991, 992])
def test_a_length_that_counts_itself(length: int) -> None:
    """Where the length gets one more digit by counting itself."""
    path = "가" + "b" * length
    record = head(path, 0)[BLOCK:].split(b"\n")[0] + b"\n"
    assert int(record.split(b" ")[0]) == len(record)


def test_only_its_own_heads_are_read() -> None:
    block = head("bin/app", 5)
    assert named(block) == ("bin/app", 5)
    for at in range(BLOCK):
        changed = block[:at] + bytes([block[at] ^ 1]) + block[at + 1 :]
        assert named(changed) is None, at
    for other in (END[:BLOCK], b"", block[:-1], block + b"\0", b"\xff" * BLOCK):
        assert named(other) is None


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_and_devices_are_no_entries(kind: bytes) -> None:
    entry = tarfile.TarInfo("bin/app")
    entry.type, entry.linkname = kind, "/etc/passwd"
    assert named(entry.tobuf(tarfile.USTAR_FORMAT)) is None
