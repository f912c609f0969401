"""What is current is named last, and what it replaces goes after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediation.durable import write_durably
from remediation.trust.kept import Kept
from remediation.trust.refusal import Fault, VendorRefused


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    made = Kept(tmp_path / "vendor")
    made.install(b"root")
    return made


def _names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.glob("*/*")}


def test_the_order_of_writing(kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def note(path: Path, content: bytes) -> None:
        written.append(path.name)
        write_durably(path, content)

    monkeypatch.setattr("remediation.trust.kept.write_durably", note)
    metadata = {"timestamp.json": b"1", "1.snapshot.json": b"2", "1.targets.json": b"3"}
    kept.store(metadata, {"aa.roster.yaml": b"4"})
    assert written == ["aa.roster.yaml", "1.snapshot.json", "1.targets.json", "timestamp.json"]
    written.clear()
    kept.store(metadata, {"aa.roster.yaml": b"4"})
    assert written == [], "what is there is not written again"


def test_what_was_replaced_goes_and_roots_stay(kept: Kept, tmp_path: Path) -> None:
    kept.store({"timestamp.json": b"1", "2.root.json": b"r", "1.snapshot.json": b"2"}, {"aa.x": b"4"})
    kept.store({"timestamp.json": b"2", "2.snapshot.json": b"3"}, {"bb.x": b"5"})
    expected = {"metadata/2.root.json", "metadata/2.snapshot.json", "metadata/timestamp.json", "targets/bb.x"}
    assert _names(tmp_path / "vendor") == expected


def test_the_stamp_changes_with_the_set(kept: Kept) -> None:
    assert kept.stamp() is None
    kept.store({"timestamp.json": b"1"}, {})
    first = kept.stamp()
    kept.store({"timestamp.json": b"1"}, {})
    assert kept.stamp() == first
    kept.store({"timestamp.json": b"2"}, {})
    assert kept.stamp() != first


def test_the_folder_is_private(kept: Kept, tmp_path: Path) -> None:
    assert (tmp_path / "vendor").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "vendor/root.json").stat().st_mode & 0o777 == 0o600
    assert (kept.has_root, kept.anchor()) == (True, b"root")


def test_without_a_root_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(VendorRefused) as caught:
        Kept(tmp_path).anchor()
    assert caught.value.fault is Fault.NO_ROOT
