"""Reading a shelf: the bytes of a target have to be those that the role names."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.patches.published import Unreadable, read_shelf, stamp_of
from remediation.patch.reading import manifest_bytes
from tests.fakes.patches import a_manifest
from tests.fakes.vendor import FakeVendor


def test_a_target_whose_bytes_changed_is_left_out(tmp_path: Path) -> None:
    vendor = FakeVendor(tmp_path)
    vendor.shop.add("his/patches/his-2.0.json", manifest_bytes(a_manifest()))
    vendor.publish()
    shelf = read_shelf(vendor.out)
    assert [each.manifest for each in shelf.patches] == [a_manifest()]
    [target] = (vendor.out / "targets").glob("*.his-2.0.json")
    target.write_bytes(target.read_bytes().replace(b"2.0", b"2.1"))
    shelf = read_shelf(vendor.out)
    assert shelf.patches == []
    assert len(shelf.left_out) == 1


def test_an_empty_folder_has_no_stamp_and_no_root(tmp_path: Path) -> None:
    assert stamp_of(tmp_path) == ""
    with pytest.raises(Unreadable):
        read_shelf(tmp_path)
