"""Payloads that are right, and everything that somebody may put in their place."""

from __future__ import annotations

import hashlib
import io
import os
import random
import resource
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import zstandard

from remediation.patch import tape
from remediation.patch.errors import PatchRefused
from remediation.patch.manifest import FileChange, Manifest, Payload
from remediation.patch.payload import WINDOW_BYTES, PayloadFile, write_payload
from tests.fakes.made_patch import a_manifest, sha256

FILES = {"bin/app": b"app 2\n" * 100_000, "etc/수납": b"", "share/" + "n" * 120: b"x" * 511}


def changes() -> list[FileChange]:
    return [
        FileChange(path=path, new=sha256(content), mode=0o640, size_bytes=len(content))
        for path, content in sorted(FILES.items())
    ]


def honest_tar() -> bytes:
    parts = [(tape.head(c.path, c.size_bytes, c.mode), FILES[c.path], tape.padding(c.size_bytes)) for c in changes()]
    return b"".join(b"".join(part) for part in parts) + tape.END


def manifest_of(packed: bytes) -> Manifest:
    """As if the vendor had signed these bytes."""
    unpacked = sum(len(content) for content in FILES.values())
    payload = Payload(sha256=sha256(packed), size_bytes=len(packed), unpacked_bytes=unpacked)
    return a_manifest(files=changes(), payload=payload)


def signed(folder: Path, tar: bytes, behind: bytes = b"") -> PayloadFile:
    packed = zstandard.ZstdCompressor().compress(tar) + behind
    (folder / "payload").write_bytes(packed)
    return PayloadFile(folder / "payload", manifest_of(packed))


def read(payload: PayloadFile) -> dict[str, bytes]:
    with payload.open() as files:
        return {path: b"".join(pieces) for path, pieces in files}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    sources = []
    for number, change in enumerate(reversed(changes())):
        (tmp_path / str(number)).write_bytes(FILES[change.path])
        sources.append((change, tmp_path / str(number)))
    told: list[int] = []
    first, second = io.BytesIO(), io.BytesIO()
    payload = write_payload(first, sources, told.append)
    assert write_payload(second, sources[::-1]) == payload
    assert first.getvalue() == second.getvalue(), "the order of the sources does not matter"
    assert sum(told) == len(honest_tar())
    (tmp_path / "payload").write_bytes(b"before" + first.getvalue() + b"behind")
    made = PayloadFile(tmp_path / "payload", a_manifest(files=changes(), payload=payload), offset=6)
    made.check()
    made.check_files()
    assert read(made) == FILES
    with tarfile.open(
        fileobj=io.BytesIO(zstandard.ZstdDecompressor().decompressobj().decompress(first.getvalue()))
    ) as t:
        assert sorted(t.getnames()) == sorted(FILES), "any tar reads it"


@pytest.mark.parametrize("change", [b"", b"app 3\n" * 100_000, FILES["bin/app"] + b"x"])
def test_a_source_that_changes_while_it_is_read(tmp_path: Path, change: bytes) -> None:
    (tmp_path / "app").write_bytes(change)
    with pytest.raises(PatchRefused, match="content of bin/app"):
        write_payload(io.BytesIO(), [(changes()[0], tmp_path / "app")])


def test_the_honest_one_is_read(tmp_path: Path) -> None:
    assert read(signed(tmp_path, honest_tar())) == FILES


@pytest.mark.parametrize("where", [0, 1, -1])
def test_one_bit_and_nothing_is_unpacked(tmp_path: Path, where: int) -> None:
    payload = signed(tmp_path, honest_tar())
    raw = bytearray((tmp_path / "payload").read_bytes())
    raw[where] ^= 1
    (tmp_path / "payload").write_bytes(raw)
    with pytest.raises(PatchRefused, match="not those that were signed"):
        read(payload)


@pytest.mark.parametrize("cut", [0, 1, 100])
def test_cut_off(tmp_path: Path, cut: int) -> None:
    payload = signed(tmp_path, honest_tar())
    os.truncate(tmp_path / "payload", cut)
    with pytest.raises(PatchRefused, match="not those that were signed"):
        payload.check()


@pytest.mark.parametrize(
    "behind",
    [b"x", b"\0" * 512, zstandard.compress(b"more"), zstandard.compress(b""), b"\x50\x2a\x4d\x18\x04\0\0\0xxxx"],
    ids=["text", "zeros", "a frame", "an empty frame", "a frame that is skipped"],
)
def test_nothing_stands_behind_the_frame(tmp_path: Path, behind: bytes) -> None:
    with pytest.raises(PatchRefused, match="behind the end"):
        signed(tmp_path, honest_tar(), behind).check()


def entry(kind: bytes, link: str = "") -> bytes:
    made = tarfile.TarInfo("bin/app")
    made.type, made.linkname = kind, link
    return made.tobuf(tarfile.USTAR_FORMAT)


def with_entry(block: bytes) -> bytes:
    """An entry more, before the first."""
    return block + honest_tar()


FIRST = tape.head("bin/app", len(FILES["bin/app"]), 0o640)


@pytest.mark.parametrize(
    "tar",
    [
        with_entry(entry(tarfile.SYMTYPE, "/etc/passwd")),
        with_entry(entry(tarfile.LNKTYPE, "/etc/passwd")),
        with_entry(entry(tarfile.CHRTYPE)),
        with_entry(entry(tarfile.BLKTYPE)),
        with_entry(entry(tarfile.FIFOTYPE)),
        with_entry(entry(tarfile.DIRTYPE)),
        with_entry(entry(tarfile.GNUTYPE_SPARSE)),
        with_entry(entry(tarfile.GNUTYPE_LONGNAME)),
        with_entry(tape.head("/etc/passwd", 0)),
        with_entry(tape.head("../../etc/passwd", 0)),
        with_entry(tape.head("unknown", 0)),
        FIRST + FILES["bin/app"] + tape.padding(len(FILES["bin/app"])) + honest_tar(),
        honest_tar()[len(FIRST) + len(FILES["bin/app"]) + len(tape.padding(len(FILES["bin/app"]))) :],
        honest_tar().replace(b"bin/app", b"BIN/app", 1),
        honest_tar().replace(b"0000640", b"0004755", 1),
        honest_tar().replace(b"app 2\n", b"app 3\n", 1),
        honest_tar()[: -len(tape.END)],
        honest_tar()[:-1],
        honest_tar()[:700],
        honest_tar() + tape.END,
        honest_tar() + b"\0",
        honest_tar()[: -len(tape.END) - 1] + b"x" + tape.END,
        tape.END,
        b"",
    ],
)
def test_other_tars_are_refused_also_when_they_are_signed(tmp_path: Path, tar: bytes) -> None:
    assert tar != honest_tar()
    with pytest.raises(PatchRefused):
        read(signed(tmp_path, tar))


def test_what_nobody_reads_is_checked_all_the_same(tmp_path: Path) -> None:
    payload = signed(tmp_path, honest_tar().replace(b"app 2\n", b"app 3\n", 1))
    with pytest.raises(PatchRefused, match="content of bin/app"), payload.open() as files:
        assert [path for path, _ in files]


def test_swapped_after_the_check(tmp_path: Path) -> None:
    """Even whoever can write into the private copy gets nothing unpacked but what was signed."""
    content = random.Random(1).randbytes(5_000_000)
    (tmp_path / "x").write_bytes(content)
    change = FileChange(path="x", new=sha256(content), size_bytes=len(content))
    with (tmp_path / "payload").open("wb") as out:
        fields = write_payload(out, [(change, tmp_path / "x")])
    payload = PayloadFile(tmp_path / "payload", a_manifest(files=[change], payload=fields))
    payload.check_files()
    raw = bytearray((tmp_path / "payload").read_bytes())
    raw[4_000_000] ^= 1

    def swapped() -> None:
        with payload.open() as files:
            (tmp_path / "payload").write_bytes(raw)
            assert [b"".join(pieces) for _, pieces in files]

    with pytest.raises(PatchRefused):
        swapped()


def test_a_file_that_is_no_frame(tmp_path: Path) -> None:
    (tmp_path / "payload").write_bytes(b"text")
    with pytest.raises(PatchRefused, match="no zstd frame"):
        PayloadFile(tmp_path / "payload", manifest_of(b"text")).check()


def test_a_window_that_would_need_more_memory(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=WINDOW_BYTES.bit_length())
    packed = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    raw = packed.compress(honest_tar()) + packed.flush()
    (tmp_path / "payload").write_bytes(raw)
    with pytest.raises(PatchRefused, match="memory"):
        read(PayloadFile(tmp_path / "payload", manifest_of(raw)))


def test_links_are_not_followed_and_a_missing_file_is_told(tmp_path: Path) -> None:
    signed(tmp_path, honest_tar())
    (tmp_path / "link").symlink_to("payload")
    for name in ("link", "nowhere"):
        with pytest.raises(PatchRefused, match="cannot be read"):
            PayloadFile(tmp_path / name, manifest_of(b"")).check()
    without = msgspec.structs.replace(a_manifest(), payload=None)
    with pytest.raises(PatchRefused, match="no files"):
        PayloadFile(tmp_path / "payload", without).check()


def grown_bytes(act: Callable[[], object]) -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    act()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


def measure_bomb(folder: Path) -> None:
    """Endless zeros where the second entry has to be: 4 GB that never come into memory or onto a disk."""
    endless = zstandard.ZstdCompressor(level=1).compressobj()
    digest = hashlib.sha256()
    with (folder / "bomb").open("wb") as out:
        for piece in (honest_tar()[: -len(tape.END)], *[bytes(1 << 24)] * 64):
            packed = endless.compress(piece)
            digest.update(packed)
            out.write(packed)
        packed = endless.flush()
        digest.update(packed)
        out.write(packed)
    size = (folder / "bomb").stat().st_size
    payload = Payload(sha256=digest.hexdigest(), size_bytes=size, unpacked_bytes=1)
    bomb = PayloadFile(folder / "bomb", a_manifest(files=changes(), payload=payload))

    def refused() -> None:
        with pytest.raises(PatchRefused, match="behind the end"):
            bomb.check_files()

    print(grown_bytes(refused))  # noqa: T201  # the parent reads it


def test_a_bomb_costs_no_memory(tmp_path: Path, repository: Path) -> None:
    """1 GB of zeros in 100 kB, in a process of its own so that the peak is its own."""
    words = [sys.executable, __file__, str(tmp_path)]
    ran = subprocess.run(
        words, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(repository)}
    )
    assert int(ran.stdout) < 30_000_000


if __name__ == "__main__":
    measure_bomb(Path(sys.argv[1]))
