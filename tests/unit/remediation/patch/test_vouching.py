"""Who stands behind a bundle, and what a host keeps that never had a network."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tuf.api.metadata import Metadata

from deploy.desk.patches.sealing import seal
from remediation.patch.bundle import Bundle, open_bundle, write_bundle
from remediation.patch.errors import PatchRefused
from remediation.patch.reading import manifest_bytes
from remediation.patch.vouching import check_vouched
from remediation.trust.publishing import first_root, sign
from remediation.trust.refusal import Fault, VendorRefused
from remediation.trust.vendor import VendorRepository
from tests.builders import NOW
from tests.fakes.made_patch import SPECIFICATION, built, published
from tests.fakes.vendor import FakeVendor, a_key


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeVendor:
    monkeypatch.setattr("os.fsync", lambda _: None)
    made = FakeVendor(tmp_path / "vendor", products=("his", "lis"))
    made.publish()
    return made


@pytest.fixture
def sealed(vendor: FakeVendor, tmp_path: Path) -> Bundle:
    return published(vendor, built(tmp_path / "one"))


def a_host(folder: Path, bundle: Bundle, root: bytes) -> VendorRepository:
    host = VendorRepository(folder, bundle.fetch, is_bundle_accepted=True)
    if not host.has_root:
        host.install_root(root)
    return host


def with_parts(bundle: Bundle, *, manifest: bytes | None = None, files: dict[str, bytes] | None = None) -> Bundle:
    """The bundle with another manifest or other metadata."""
    kept = {name: bundle.fetch(name, 10**6) for name in bundle.published}
    path = bundle.path.with_name("changed.swpatch")
    at = bundle.payload_at or 0
    size = bundle.manifest.payload.size_bytes if bundle.manifest.payload else 0
    content = bundle.path.read_bytes()[at : at + size]
    with path.open("wb") as out:
        write_bundle(out, manifest or bundle.manifest_raw, kept | (files or {}), (size, [content]))
    return open_bundle(path)


def test_the_vendor_stands_behind_it(vendor: FakeVendor, sealed: Bundle) -> None:
    voucher = check_vouched(sealed, vendor.root(), NOW)
    assert (voucher.root_version, voucher.is_for_sticks) == (1, True)
    assert voucher.expires_at > NOW + timedelta(days=300)
    payload = sealed.payload()
    assert payload is not None
    payload.check_files()


def test_a_host_that_never_had_a_network_believes_it(vendor: FakeVendor, sealed: Bundle, tmp_path: Path) -> None:
    host = a_host(tmp_path / "host", sealed, vendor.root())
    host.refresh(NOW + timedelta(days=200))  # the timestamp is long over, the bundle key's word is not
    assert host.vouches_for(sealed.target, sealed.manifest_raw)
    assert not host.vouches_for(sealed.target, sealed.manifest_raw + b" ")
    assert not host.vouches_for("his/patches/other.json", sealed.manifest_raw)
    assert not host.vouches_for("lis/patches/his-2.0.json", sealed.manifest_raw)
    assert host.published_products() == ["his", "lis"], "no other product is lost by it"


def test_without_the_bundle_key_it_holds_a_month(vendor: FakeVendor, tmp_path: Path) -> None:
    made = published(vendor, built(tmp_path / "one"), for_sticks=False)
    assert not check_vouched(made, vendor.root(), NOW).is_for_sticks
    with pytest.raises(PatchRefused, match="expired"):
        check_vouched(made, vendor.root(), NOW + timedelta(days=31))


def test_roots_change_on_the_way(vendor: FakeVendor, tmp_path: Path) -> None:
    first = vendor.root()
    vendor.shop.rotate(add=[a_key(4).public_key()])
    vendor.publish()
    made = published(vendor, built(tmp_path / "one"))
    assert check_vouched(made, first, NOW).root_version == 2
    assert check_vouched(made, vendor.root(2), NOW).root_version == 2


def test_another_root_is_another_vendor(sealed: Bundle) -> None:
    keys = [a_key(50), a_key(51)]
    root = Metadata(first_root([key.public_key() for key in keys], 2, a_key(52).public_key(), NOW + timedelta(days=9)))
    for key in keys:
        sign(root, key)
    with pytest.raises(PatchRefused, match="signature"):
        check_vouched(sealed, root.to_bytes(), NOW)


def test_one_word_in_the_manifest(vendor: FakeVendor, sealed: Bundle) -> None:
    other = msgspec.structs.replace(sealed.manifest, root="/opt/other")
    with pytest.raises(PatchRefused, match="does not vouch"):
        check_vouched(with_parts(sealed, manifest=manifest_bytes(other)), vendor.root(), NOW)


def test_the_manifest_of_another_product(vendor: FakeVendor, sealed: Bundle) -> None:
    """What the keys of one product sign counts for no other."""
    other = manifest_bytes(msgspec.structs.replace(sealed.manifest, product="lis"))
    with pytest.raises(PatchRefused, match="does not vouch"):
        check_vouched(with_parts(sealed, manifest=other), vendor.root(), NOW)


def test_one_bit_in_any_of_the_metadata(vendor: FakeVendor, sealed: Bundle) -> None:
    for name in [name for name in sealed.published if name.startswith("metadata/") and "lis" not in name]:
        raw = bytearray(sealed.fetch(name, 10**6))
        raw[raw.index(b'"version"') - 20] ^= 1
        changed = with_parts(sealed, files={name: bytes(raw)})
        if name == "metadata/bundle.json":
            assert not check_vouched(changed, vendor.root(), NOW).is_for_sticks
        else:
            with pytest.raises(PatchRefused):
                check_vouched(changed, vendor.root(), NOW)


def test_an_older_bundle_is_not_taken_in_again(vendor: FakeVendor, sealed: Bundle, tmp_path: Path) -> None:
    """Replayed: the host knows newer metadata. What those still vouch for may be applied all the same."""
    vendor.later(days=1)
    newer = published(vendor, built(tmp_path / "two", SPECIFICATION.replace("his-2.0", "his-2.1")))
    a_host(tmp_path / "host", newer, vendor.root()).refresh(NOW + timedelta(days=2))
    host = a_host(tmp_path / "host", sealed, vendor.root())
    with pytest.raises(VendorRefused) as refused:
        host.refresh(NOW + timedelta(days=2))
    assert refused.value.fault is Fault.ROLLBACK
    assert host.vouches_for(sealed.target, sealed.manifest_raw)


def test_what_a_lost_key_signs_counts_no_more(vendor: FakeVendor, tmp_path: Path) -> None:
    """The product's key was stolen, and the online key too; the vendor has named another key since."""
    vendor.products["his"] = [a_key(99)]
    vendor.shop.delegate("his", [a_key(99).public_key()], 1)
    made = published(vendor, built(tmp_path / "one"))
    assert check_vouched(made, vendor.root(), NOW)
    vendor.forge("product-his", [a_key(99)], raise_by=1)
    assert seal(made, vendor.out, NOW)
    vendor.forge("product-his", [a_key(30)], raise_by=1)
    with pytest.raises(PatchRefused, match="signature"):
        seal(made, vendor.out, NOW)
