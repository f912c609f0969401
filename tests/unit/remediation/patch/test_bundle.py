"""Bundles: in one form, in one order, copied off before they are looked at."""

from __future__ import annotations

import io
import os
import tarfile
import threading
from pathlib import Path

import pytest

from remediation.patch import bundle as module
from remediation.patch import tape
from remediation.patch.bundle import MANIFEST, PAYLOAD, TUF, copy_off, open_bundle, write_bundle
from remediation.patch.errors import PatchRefused
from remediation.patch.reading import manifest_bytes
from remediation.trust.published import NotThere, Unfetched
from tests.fakes.made_patch import a_manifest, built

RAW = manifest_bytes(a_manifest())
PACKED = b"p" * 100
STAMP = "metadata/timestamp.json"
ROOT = "metadata/2.root.json"


def entry(name: str, content: bytes) -> bytes:
    return tape.head(name, len(content)) + content + tape.padding(len(content))


def bundle_of(*entries: bytes, end: bytes = tape.END) -> bytes:
    return b"".join(entries) + end


FIRST, LAST = entry(MANIFEST, RAW), entry(PAYLOAD, PACKED)
TUF_ENTRIES = entry(TUF + ROOT, b"root") + entry(TUF + STAMP, b"stamp")


def opened(folder: Path, raw: bytes) -> module.Bundle:
    (folder / "x.swpatch").write_bytes(raw)
    return open_bundle(folder / "x.swpatch")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    write_bundle(out, RAW, {STAMP: b"stamp", ROOT: b"root"}, (100, [b"p" * 60, b"p" * 40]))
    assert out.getvalue() == bundle_of(FIRST, TUF_ENTRIES, LAST)
    found = opened(tmp_path, out.getvalue())
    assert (found.manifest, found.manifest_raw, found.target) == (a_manifest(), RAW, "his/patches/his-2.0.json")
    assert found.fetch(STAMP, 5) == b"stamp"
    with pytest.raises(Unfetched):
        found.fetch(STAMP, 4)
    for name in ("metadata/bundle.json", "../manifest.json", MANIFEST, ""):
        with pytest.raises(NotThere):
            found.fetch(name, 5)
    with tarfile.open(fileobj=io.BytesIO(out.getvalue())) as tar:
        assert tar.getnames() == [MANIFEST, TUF + ROOT, TUF + STAMP, PAYLOAD], "any tar reads it"


def test_a_real_one_has_its_payload(tmp_path: Path) -> None:
    payload = built(tmp_path).payload()
    assert payload is not None
    payload.check_files()


def link(name: str) -> bytes:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return made.tobuf(tarfile.USTAR_FORMAT)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text",
        tape.END,
        bundle_of(FIRST),
        bundle_of(LAST, FIRST),
        bundle_of(FIRST, FIRST, LAST),
        bundle_of(FIRST, LAST, LAST),
        bundle_of(FIRST, LAST, TUF_ENTRIES),
        bundle_of(FIRST, entry(TUF + STAMP, b""), entry(TUF + ROOT, b""), LAST),
        bundle_of(FIRST, entry(TUF + STAMP, b""), entry(TUF + STAMP, b""), LAST),
        bundle_of(FIRST, entry(TUF + "metadata/../x.json", b""), LAST),
        bundle_of(FIRST, entry(TUF + "metadata/Root.json", b""), LAST),
        bundle_of(FIRST, entry(TUF + "targets/x", b""), LAST),
        bundle_of(FIRST, entry("/etc/passwd", b""), LAST),
        bundle_of(FIRST, entry("Payload.tar.zst", PACKED)),
        bundle_of(FIRST, entry(PAYLOAD, PACKED + b"p")),
        bundle_of(FIRST, link(PAYLOAD)),
        bundle_of(FIRST, link("tuf"), LAST),
        bundle_of(entry(MANIFEST, RAW + b" "), LAST),
        bundle_of(entry(MANIFEST, b"{}"), LAST),
        bundle_of(FIRST, LAST, end=b""),
        bundle_of(FIRST, LAST, end=tape.END[:-1]),
        bundle_of(FIRST, LAST, end=tape.END + b"\0"),
        bundle_of(FIRST, LAST, end=tape.END * 10),
        bundle_of(FIRST, LAST) + bundle_of(FIRST, LAST),
        bundle_of(FIRST, LAST)[:-1600],
        bundle_of(FIRST, LAST[:-1] + b"x"),
        bundle_of(FIRST, tape.head(PAYLOAD, 8**11 - 1)),
    ],
)
def test_other_forms_are_refused(tmp_path: Path, raw: bytes) -> None:
    assert opened(tmp_path, bundle_of(FIRST, LAST)).payload_at
    with pytest.raises(PatchRefused):
        opened(tmp_path, raw)


def test_there_are_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = bundle_of(FIRST, TUF_ENTRIES, LAST)
    assert opened(tmp_path, raw)
    for name, value in (("PUBLISHED", 1), ("PUBLISHED_BYTES", 8), ("FILE_BYTES", 4), ("MANIFEST_BYTES", 9)):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, value)
            with pytest.raises(PatchRefused):
                opened(tmp_path, raw)


def test_a_copy_is_whole_and_private(tmp_path: Path) -> None:
    (tmp_path / "stick").write_bytes(b"x" * 3_000_000)
    copy_off(tmp_path / "stick", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"x" * 3_000_000
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        copy_off(tmp_path / "stick", tmp_path / "copy")


def test_what_is_no_file_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "folder", "pipe", "nowhere"):
        with pytest.raises(PatchRefused):
            copy_off(tmp_path / name, tmp_path / "copy")
        assert not (tmp_path / "copy").exists()
    with pytest.raises(PatchRefused):
        copy_off(Path("/dev/zero"), tmp_path / "copy")


def copy_until_refused(stick: Path, copy: Path) -> None:
    while True:  # the writer may be late
        copy_off(stick, copy)
        copy.unlink()


def test_endless_data_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that grows as fast as it is read."""
    monkeypatch.setattr(module, "BUNDLE_BYTES", 5_000_000)
    monkeypatch.setattr(module, "PIECE", 100_000)
    stick = tmp_path / "stick"
    stick.write_bytes(bytes(200_000))
    ended = threading.Event()

    def grow() -> None:
        with stick.open("ab", buffering=0) as out:
            while not ended.is_set():
                out.write(bytes(2_000_000))

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(PatchRefused, match="more than"):
            copy_until_refused(stick, tmp_path / "copy")
    finally:
        ended.set()
        writer.join()
    assert not (tmp_path / "copy").exists()


def test_a_stick_that_answers_differently_later(tmp_path: Path) -> None:
    """Only the copy counts: what the stick says afterwards is not heard."""
    good = built(tmp_path)
    copy_off(good.path, tmp_path / "copy")
    good.path.write_bytes(bundle_of(FIRST, LAST))
    found = open_bundle(tmp_path / "copy")
    assert found.manifest == good.manifest
    payload = found.payload()
    assert payload is not None
    payload.check_files()
