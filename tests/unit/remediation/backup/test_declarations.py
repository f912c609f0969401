from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from remediation.backup.declarations import with_declarations
from remediation.backup.errors import TargetRefused
from remediation.backup.policy_file import BackupPolicy, BoundsRule, WhatRule
from tests.builders import NOW
from tests.fakes.backup_site import BackupSite
from tests.fakes.vendor import CATALOGUE, FakeVendor

DECLARED = (
    CATALOGUE
    + """
backup:
  trees: [/srv/his, /etc]
  databases:
    - {name: orders, engine: sqlite, file: /srv/his/orders.db}
"""
)


@pytest.fixture
def vendor(tmp_path: Path) -> FakeVendor:
    found = FakeVendor(tmp_path / "vendor")
    found.shop.add("his/catalogue.yaml", (DECLARED % ("his", "2")).encode())
    found.publish()
    return found


@pytest.fixture
def policy(tmp_path: Path, vendor: FakeVendor) -> BackupPolicy:
    root = tmp_path / "root.json"
    root.write_bytes((vendor.out / "metadata/1.root.json").read_bytes())
    root.chmod(0o600)
    what = WhatRule(
        products=["his"],
        bounds=BoundsRule(roots=["/srv"], databases=["sqlite"]),
        vendor_root=str(root),
        vendor=str(vendor.out),
    )
    return structs.replace(BackupSite(tmp_path / "site").policy, what=what)


def test_a_declaration_counts_inside_the_bounds_and_nowhere_else(policy: BackupPolicy) -> None:
    what = with_declarations(policy, NOW).what
    assert (what.trees, [rule.path for rule in what.databases]) == (["/srv/his"], ["/srv/his/orders.db"])


def test_what_was_verified_once_goes_on_when_the_source_is_gone(policy: BackupPolicy, vendor: FakeVendor) -> None:
    with_declarations(policy, NOW)
    vendor.out.rename(vendor.out.with_name("gone"))
    assert with_declarations(policy, NOW).what.trees == ["/srv/his"]


def test_a_changed_catalogue_or_another_root_counts_for_nothing(policy: BackupPolicy, vendor: FakeVendor) -> None:
    for path in (vendor.out / "targets").rglob("*catalogue*"):
        path.write_bytes(path.read_bytes().replace(b"/srv/his", b"/srv/all"))
    with pytest.raises(TargetRefused, match="cannot be verified"):
        with_declarations(policy, NOW)


def test_a_product_without_a_declaration_is_said(policy: BackupPolicy, tmp_path: Path) -> None:
    what = structs.replace(policy.what, products=["lis"])
    with pytest.raises(TargetRefused):
        with_declarations(structs.replace(policy, what=what), NOW)


def test_without_products_nothing_is_read(tmp_path: Path) -> None:
    policy = BackupSite(tmp_path).policy
    assert with_declarations(policy, NOW) is policy
