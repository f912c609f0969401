"""Drafts collect signatures; publishing is whole or not at all. The commands are run in tests/integration/desk."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Snapshot, Timestamp

from remediation.trust.publishing import PublishingRefused
from remediation.trust.workshop import Workshop
from tests.builders import NOW
from tests.fakes.vendor import FakeVendor, a_key


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeVendor:
    monkeypatch.setattr("os.fsync", lambda _: None)
    return FakeVendor(tmp_path)


def _timestamp(vendor: FakeVendor) -> int:
    return Metadata[Timestamp].from_bytes((vendor.out / "metadata/timestamp.json").read_bytes()).signed.version


def test_each_key_signs_what_it_may(vendor: FakeVendor) -> None:
    assert vendor.shop.sign(a_key(1)) == ["root", "targets"]
    assert vendor.shop.sign(a_key(30)) == ["product-his"]
    assert vendor.shop.sign(a_key(10)) == []
    assert vendor.shop.sign(a_key(20)) == []


def test_publishing_again_makes_a_fresh_timestamp(vendor: FakeVendor) -> None:
    vendor.publish()
    vendor.publish()
    assert _timestamp(vendor) == 2
    assert not vendor.shop.is_draft("targets")


def test_a_refused_publication_changes_nothing(vendor: FakeVendor) -> None:
    vendor.publish()
    before = {path: path.read_bytes() for path in vendor.folder.rglob("*.json")}
    vendor.shop.renew("targets")
    with pytest.raises(PublishingRefused):
        vendor.shop.publish(vendor.out, vendor.online)
    assert {path: path.read_bytes() for path in before} == before


def test_several_changes_make_one_version(vendor: FakeVendor) -> None:
    vendor.publish()
    vendor.add_product("his", "2.0")
    vendor.add_product("his", "3.0")
    assert vendor.shop.standing("product-his").version == 2


def test_timestamp_json_is_written_last(vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch) -> None:
    from remediation.durable import write_durably

    written: list[Path] = []

    def note(path: Path, content: bytes, *, mode: int = 0o600) -> None:
        written.append(path)
        write_durably(path, content, mode=mode)

    monkeypatch.setattr("remediation.trust.workshop.write_durably", note)
    vendor.publish()
    out = [path.name for path in written if path.is_relative_to(vendor.out)]
    assert out[-1] == "timestamp.json"
    assert out.count("timestamp.json") == 1


def test_a_withdrawn_role_stays_named_in_the_snapshot(vendor: FakeVendor) -> None:
    """Hosts refuse a snapshot from which a role has gone."""
    vendor.publish()
    vendor.shop.withdraw("his")
    vendor.publish()
    snapshot = Metadata[Snapshot].from_bytes((vendor.out / "metadata/2.snapshot.json").read_bytes())
    assert "product-his.json" in snapshot.signed.meta


def test_a_broken_draft_is_told(vendor: FakeVendor) -> None:
    (vendor.folder / "workshop/drafts/targets.json").write_bytes(b"{")
    with pytest.raises(PublishingRefused, match="is broken"):
        Workshop(vendor.folder / "workshop", NOW).roles()


def test_what_a_target_is_in_force_and_in_the_draft(vendor: FakeVendor) -> None:
    path = "his/patches/his-2.0.json"
    vendor.publish()
    assert vendor.shop.digest_of(path, is_published=False) is None
    vendor.shop.add(path, b"one")
    digest = hashlib.sha256(b"one").hexdigest()
    assert (vendor.shop.digest_of(path, is_published=True), vendor.shop.digest_of(path, is_published=False)) == (
        None,
        digest,
    )
    vendor.publish()
    assert vendor.shop.digest_of(path, is_published=True) == digest
    assert vendor.shop.digest_of("lis/x.json", is_published=True) is None
