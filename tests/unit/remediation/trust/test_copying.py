"""A repository is taken over whole, by strict names, and never backwards."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from remediation.trust.copying import CopyRefused, copy_published
from remediation.trust.published import folder_fetcher
from remediation.trust.vendor import VendorRepository
from tests.builders import NOW
from tests.fakes.vendor import FakeVendor


@pytest.fixture
def vendor(tmp_path: Path) -> FakeVendor:
    made = FakeVendor(tmp_path / "vendor")
    made.publish()
    return made


def test_what_was_copied_is_believed(vendor: FakeVendor, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    assert copy_published(vendor.out, target) == 1
    vendor.release("his", "2.0")
    assert copy_published(vendor.out, target) == 2
    host = VendorRepository(tmp_path / "host", folder_fetcher(target))
    host.install_root(vendor.root())
    host.refresh(NOW)
    assert host.load(NOW).actions["his"][1].version == "2.0"


def test_an_older_one_is_refused(vendor: FakeVendor, tmp_path: Path) -> None:
    shutil.copytree(vendor.out, tmp_path / "old")
    vendor.release("his", "2.0")
    copy_published(vendor.out, tmp_path / "copy")
    with pytest.raises(CopyRefused, match="older than 2"):
        copy_published(tmp_path / "old", tmp_path / "copy")


def test_other_names_and_links_are_left(vendor: FakeVendor, tmp_path: Path) -> None:
    (vendor.out / "metadata/notes.txt").write_text("x")
    (vendor.out / "targets/.hidden").write_text("x")
    (vendor.out / "evil").mkdir()
    (vendor.out / "evil/1.root.json").write_text("x")
    copy_published(vendor.out, tmp_path / "copy")
    names = {path.name for path in (tmp_path / "copy").rglob("*")}
    assert not names & {"notes.txt", ".hidden", "evil"}
    (vendor.out / "metadata/9.root.json").symlink_to("/etc/passwd")
    with pytest.raises(CopyRefused):
        copy_published(vendor.out, tmp_path / "copy")
    assert not (tmp_path / "copy/metadata/9.root.json").exists()


def test_a_folder_without_a_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CopyRefused, match="no published repository"):
        copy_published(tmp_path, tmp_path / "copy")
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata/timestamp.json").write_text("{}")
    with pytest.raises(CopyRefused):
        copy_published(tmp_path, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_bundle_of_before_goes(vendor: FakeVendor, tmp_path: Path) -> None:
    vendor.shop.bundle(vendor.out, vendor.bundle_key)
    copy_published(vendor.out, tmp_path / "copy")
    assert (tmp_path / "copy/metadata/bundle.json").exists()
    (vendor.out / "metadata/bundle.json").unlink()
    copy_published(vendor.out, tmp_path / "copy")
    assert not (tmp_path / "copy/metadata/bundle.json").exists()
