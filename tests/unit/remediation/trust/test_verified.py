"""Names of keys, and the order in which roles are believed. The attacks are in test_vendor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from securesystemslib.signer import SSlibKey
from tuf.api.exceptions import RepositoryError, UnsignedMetadataError

from remediation.trust import publishing
from remediation.trust import verified as module
from remediation.trust.published import folder_fetcher
from remediation.trust.publishing import tuf_key
from remediation.trust.verified import Loader, anchored, is_own_name, take_role, verify
from tests.fakes.vendor import FakeVendor, a_key, product_role
from wire.keys import key_id, public_bytes

NAME = key_id(public_bytes(a_key(1)))
PUBLIC = public_bytes(a_key(1)).hex()


def _key(keytype: str = "ed25519", scheme: str = "ed25519", public: str = PUBLIC) -> SSlibKey:
    return SSlibKey(NAME, keytype, scheme, {"public": public})


def test_a_key_under_its_own_name() -> None:
    assert is_own_name(NAME, tuf_key(a_key(1).public_key()))
    assert is_own_name(NAME, _key())


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("A" * 43, _key()),
        (NAME + "=", _key()),
        (NAME, _key(keytype="rsa")),
        (NAME, _key(scheme="rsassa-pss-sha256")),
        (NAME, _key(public=PUBLIC[:-2])),
        (NAME, _key(public="no hexadecimal")),
        (NAME, _key(public=public_bytes(a_key(2)).hex())),
    ],
)
def test_any_other_key_is_refused(name: str, key: SSlibKey) -> None:
    assert not is_own_name(name, key)


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeVendor:
    monkeypatch.setattr("os.fsync", lambda _: None)
    made = FakeVendor(tmp_path)
    made.publish()
    return made


def test_the_files_that_were_verified_are_kept_by_name(vendor: FakeVendor) -> None:
    source = folder_fetcher(vendor.out)
    found = verify(vendor.root(), [source], source)
    take_role(found, "product-his", [source])
    assert set(found.files) == {"timestamp.json", "1.snapshot.json", "1.targets.json", "1.product-his.json"}
    assert set(found.expiries()) == {"root", "timestamp", "snapshot", "targets", "product-his"}
    assert {role: mark.version for role, mark in found.marks.items()} == dict.fromkeys(
        ("timestamp", "snapshot", "targets", "product-his"), 1
    )


def test_a_role_that_nobody_delegates_is_refused(vendor: FakeVendor) -> None:
    source = folder_fetcher(vendor.out)
    found = verify(vendor.root(), [source], source)
    with pytest.raises(RepositoryError):
        take_role(found, "product-lis", [source])


def test_an_anchor_is_only_a_root(vendor: FakeVendor) -> None:
    assert anchored(vendor.root()).root.version == 1
    with pytest.raises(RepositoryError):
        anchored((vendor.out / "metadata/1.targets.json").read_bytes())


# ---------------------------------------------------------------- the same bytes under the same keys, once


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The roles that are really verified."""
    verified: list[str] = []
    inner = module._load_once

    def count(kind: Any, data: bytes, delegator: Any, role: str | None) -> Any:
        verified.append(role or kind.type)
        return inner(kind, data, delegator, role)

    monkeypatch.setattr(module, "_load_once", count)
    return verified


def _all_of(vendor: FakeVendor, loader: Loader) -> None:
    source = folder_fetcher(vendor.out)
    found = verify(vendor.root(), [source], source, loader=loader)
    for product in vendor.products:
        take_role(found, product_role(product), [source])


def test_a_release_of_one_product_verifies_that_one(tmp_path: Path, counted: list[str]) -> None:
    vendor, loader = FakeVendor(tmp_path, products=("his", "lis", "pacs")), Loader()
    vendor.publish()
    _all_of(vendor, loader)
    assert counted[-3:] == ["product-his", "product-lis", "product-pacs"]
    vendor.release("lis", "2.0")
    counted.clear()
    _all_of(vendor, loader)
    assert counted == ["timestamp", "snapshot", "product-lis"]


def test_the_same_bytes_under_other_keys_are_verified_anew(tmp_path: Path, counted: list[str]) -> None:
    vendor, loader = FakeVendor(tmp_path), Loader()
    vendor.publish()
    _all_of(vendor, loader)
    old = (vendor.out / "metadata/1.product-his.json").read_bytes()

    def other_keys(targets: Any) -> None:
        publishing.delegate(targets, "product-his", [a_key(77).public_key()], 1)

    vendor.forge("targets", vendor.signers, other_keys, raise_by=1)
    assert (vendor.out / "metadata/1.product-his.json").read_bytes() == old
    counted.clear()
    with pytest.raises(UnsignedMetadataError):
        _all_of(vendor, loader)
    assert counted[-1] == "product-his"


def test_other_bytes_are_verified_anew(tmp_path: Path, counted: list[str]) -> None:
    vendor, loader = FakeVendor(tmp_path), Loader()
    vendor.publish()
    _all_of(vendor, loader)
    vendor.forge("product-his", [a_key(99)])
    with pytest.raises(UnsignedMetadataError):
        _all_of(vendor, loader)
    assert counted[-1] == "product-his"
