from __future__ import annotations

from pathlib import Path

import pytest

from collector.relay.requests.offers import offered_actions
from tests.fakes.vendor import FakeVendor


@pytest.fixture
def published(tmp_path: Path) -> Path:
    vendor = FakeVendor(tmp_path)
    vendor.publish()
    return vendor.out


def test_the_product_s_actions_are_found(published: Path) -> None:
    found = offered_actions(published, "his")
    assert found is not None
    assert [action.name for action in found.actions] == ["restart-service"]


@pytest.mark.parametrize("product", ["other", "", "../his", "HIS"])
def test_another_product_has_none(published: Path, product: str) -> None:
    assert offered_actions(published, product) is None


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"signed": 1}', b'{"signed":{"meta":{"snapshot.json":{"version":"x"}}}}']
)
def test_what_is_broken_is_no_actions(published: Path, content: bytes) -> None:
    (published / "metadata" / "timestamp.json").write_bytes(content)
    assert offered_actions(published, "his") is None


def test_a_broken_target_is_no_actions(published: Path) -> None:
    (target,) = (published / "targets").glob("*.actions.yaml")
    target.write_text("product: his\nactions: 1\n")
    assert offered_actions(published, "his") is None
    target.write_text('product: other\nversion: "1"\nactions: []\n')
    assert offered_actions(published, "his") is None
