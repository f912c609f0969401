"""A vendor that really signs publishes, changes and withdraws patches; what is forged changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.patches import repository
from collector.patches.shelving import notice, trouble
from collector.store.database import Store
from remediation.patch.reading import manifest_bytes
from tests.fakes.patches import NOW, a_manifest
from tests.fakes.stores import open_store
from tests.fakes.vendor import FakeVendor

PATH = "his/patches/his-2.0.json"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "state")
    yield store
    store.close()


@pytest.fixture
def vendor(tmp_path: Path) -> FakeVendor:
    (tmp_path / "vendor").mkdir()
    vendor = FakeVendor(tmp_path / "vendor")
    vendor.shop.add(PATH, manifest_bytes(a_manifest()))
    vendor.publish()
    return vendor


def known(store: Store) -> list[tuple[str, str, bool]]:
    with store.reading() as connection:
        found = repository.list_patches(connection)
        return [(each.id, each.manifest.to_version, each.withdrawn_at is not None) for each in found]


def test_patches_come_change_and_go(store: Store, vendor: FakeVendor) -> None:
    assert notice(store, vendor.out, NOW) == 1
    assert notice(store, vendor.out, NOW) == 0
    assert known(store) == [("his-2.0", "2.0", False)]
    vendor.shop.add("his/patches/his-2.0.json", manifest_bytes(a_manifest(to_version="2.0.1")))
    vendor.shop.add("his/patches/his-3.json", manifest_bytes(a_manifest(id="his-3")))
    vendor.publish()
    assert notice(store, vendor.out, NOW) == 2
    assert sorted(known(store)) == [("his-2.0", "2.0.1", False), ("his-3", "2.0", False)]


def test_a_patch_that_is_published_no_more_keeps_its_row(store: Store, vendor: FakeVendor, tmp_path: Path) -> None:
    notice(store, vendor.out, NOW)
    (tmp_path / "other").mkdir()
    other = FakeVendor(tmp_path / "other")
    other.publish()
    assert notice(store, other.out, NOW) == 1
    assert known(store) == [("his-2.0", "2.0", True)]
    assert notice(store, vendor.out, NOW) == 1
    assert known(store) == [("his-2.0", "2.0", False)]


def test_nothing_published_is_nothing(store: Store, tmp_path: Path) -> None:
    assert notice(store, tmp_path / "vendor", NOW) == 0
    assert known(store) == []


def test_what_is_not_signed_changes_nothing_and_is_told(store: Store, vendor: FakeVendor) -> None:
    notice(store, vendor.out, NOW)
    vendor.forge("product-his", [vendor.online], lambda signed: signed.targets.clear(), raise_by=1)
    assert notice(store, vendor.out, NOW) == 0
    assert known(store) == [("his-2.0", "2.0", False)]
    with store.reading() as connection:
        [said] = trouble(connection)
    assert "refused" in said
    assert notice(store, vendor.out, NOW) == 0  # and it is not read again and again


def test_a_signed_manifest_that_is_none_or_lies_about_its_name_is_left_out(store: Store, vendor: FakeVendor) -> None:
    vendor.shop.add("his/patches/broken.json", b"{}")
    vendor.shop.add("his/patches/alias.json", manifest_bytes(a_manifest()))
    vendor.publish()
    assert notice(store, vendor.out, NOW) == 1
    with store.reading() as connection:
        said = " ".join(trouble(connection))
    assert "broken.json" in said
    assert "alias.json: it says that it is his/his-2.0" in said
