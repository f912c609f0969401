"""A target's bytes come from whichever source has the right ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from tuf.api.exceptions import LengthOrHashMismatchError

from remediation.trust.blobs import blob, is_vouched, paths
from remediation.trust.published import Fetch, folder_fetcher
from remediation.trust.verified import Verified, take_role, verify
from tests.fakes.vendor import FakeVendor

PATH = "his/catalogue.yaml"


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetch:
    monkeypatch.setattr("os.fsync", lambda _: None)
    vendor = FakeVendor(tmp_path)
    vendor.shop.add("his/notes.txt", b"nobody reads this")
    vendor.publish()
    return folder_fetcher(vendor.out)


@pytest.fixture
def chain(source: Fetch) -> Verified:
    found = verify(source("metadata/1.root.json", 10_000), [source], source)
    take_role(found, "product-his", [source])
    return found


def _evil(name: str, most: int) -> bytes:
    return b"x" * most


def _none(name: str, most: int) -> bytes:
    raise FileNotFoundError(name)


def test_only_what_is_read_is_fetched(chain: Verified) -> None:
    assert list(paths(chain)) == ["roster.yaml", "his/catalogue.yaml", "his/actions.yaml"]


def test_the_first_source_that_is_right(chain: Verified, source: Fetch) -> None:
    good = blob(chain, PATH, [source])
    assert good is not None
    assert blob(chain, PATH, [_evil, _none, source]) == good


def test_wrong_bytes_are_never_given(chain: Verified) -> None:
    with pytest.raises(LengthOrHashMismatchError):
        blob(chain, PATH, [_none, _evil])
    with pytest.raises(FileNotFoundError):
        blob(chain, PATH, [_none])
    assert blob(chain, PATH, [_evil], is_needed=False) is None


def test_a_target_without_sha256_or_too_large_is_refused(chain: Verified, source: Fetch) -> None:
    target = chain.products["product-his"].targets[PATH]
    target.length = 1_000_001
    with pytest.raises(LengthOrHashMismatchError, match="more than"):
        blob(chain, PATH, [source])
    target.hashes = {"md5": "00" * 16}
    with pytest.raises(LengthOrHashMismatchError, match="no SHA-256"):
        blob(chain, PATH, [source])


def test_only_this_content_under_this_path_is_vouched_for(chain: Verified, source: Fetch) -> None:
    good = blob(chain, PATH, [source])
    assert good is not None
    assert is_vouched(chain, PATH, good)
    for path, content in ((PATH, good + b" "), ("his/other.yaml", good), ("lis/actions.yaml", good), ("", good)):
        assert not is_vouched(chain, path, content)
