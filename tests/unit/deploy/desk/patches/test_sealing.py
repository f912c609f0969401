"""What leaves the vendor: whole, vouched for, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.desk.patches.sealing import seal, vouching_files
from remediation.patch.errors import PatchRefused
from tests.builders import NOW
from tests.fakes.made_patch import SPECIFICATION, built, published, sha256
from tests.fakes.vendor import FakeVendor


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeVendor:
    monkeypatch.setattr("os.fsync", lambda _: None)
    return FakeVendor(tmp_path / "vendor", products=("his", "lis"))


def test_it_is_named_by_what_a_customer_approves(vendor: FakeVendor, tmp_path: Path) -> None:
    sealed = published(vendor, built(tmp_path / "one"))
    assert sealed.path == vendor.out / "patches" / f"{sha256(sealed.manifest_raw)}.swpatch"
    assert sealed.path.stat().st_mode & 0o777 == 0o644


def test_sealed_again_it_is_the_same_bytes(vendor: FakeVendor, tmp_path: Path) -> None:
    sealed = published(vendor, built(tmp_path / "one"))
    before = sealed.path.read_bytes()
    assert seal(sealed, vendor.out, NOW) == sealed.path, "also out of itself"
    assert sealed.path.read_bytes() == before


def test_it_carries_all_products_and_only_what_is_newest(vendor: FakeVendor, tmp_path: Path) -> None:
    vendor.publish()
    vendor.release("lis", "1.1")
    names = published(vendor, built(tmp_path / "one")).published
    roles = sorted(name.split(".")[1] for name in names if name.count(".") > 1 and name.startswith("metadata/"))
    assert roles == ["product-his", "product-lis", "snapshot", "targets"]
    assert {"metadata/timestamp.json", "metadata/bundle.json"} <= set(names)
    kinds = sorted(name.partition(".")[2] for name in names if name.startswith("targets/"))
    assert kinds == ["actions.yaml", "actions.yaml", "catalogue.yaml", "catalogue.yaml", "his-2.0.json", "roster.yaml"]


def test_what_nobody_signed_does_not_leave(vendor: FakeVendor, tmp_path: Path) -> None:
    vendor.publish()
    with pytest.raises(PatchRefused, match="does not vouch"):
        seal(built(tmp_path / "one"), vendor.out, NOW)
    assert list((vendor.out / "patches").iterdir()) == []


def test_a_repository_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(PatchRefused, match="incomplete"):
        vouching_files(tmp_path)


def test_steps_on_databases_alone(vendor: FakeVendor, tmp_path: Path) -> None:
    text = SPECIFICATION + "files: {exclude: ['*']}\n"
    sealed = published(vendor, built(tmp_path / "one", text))
    assert (sealed.manifest.files, sealed.payload()) == ([], None)
