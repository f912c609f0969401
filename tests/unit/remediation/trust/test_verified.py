"""Names of keys, and the order in which roles are believed. The attacks are in test_vendor."""

from __future__ import annotations

from pathlib import Path

import pytest
from securesystemslib.signer import SSlibKey
from tuf.api.exceptions import RepositoryError

from remediation.trust.published import folder_fetcher
from remediation.trust.publishing import tuf_key
from remediation.trust.verified import anchored, is_own_name, take_role, verify
from tests.fakes.vendor import FakeVendor, a_key
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
