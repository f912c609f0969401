from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from deploy.desk.asking.verified import ActionsRefused, verified_actions
from tests.fakes.vendor import FakeVendor


@pytest.fixture
def vendor(tmp_path: Path) -> FakeVendor:
    made = FakeVendor(tmp_path, products=("his", "lis"))
    made.publish()
    return made


def ask(folder: Path, vendor: FakeVendor, product: str = "his", **change: object) -> list[str]:
    values: dict[str, object] = {"root": None, "repository": vendor.out, "console": None, "now": vendor.now}
    found = verified_actions(folder / "desk", product=product, **values | change)  # type: ignore[arg-type]
    return [action.name for _, actions in found.values() for action in actions.actions]


def test_a_published_folder_is_verified_and_kept(tmp_path: Path, vendor: FakeVendor) -> None:
    assert ask(tmp_path, vendor) == ["restart-service"]
    assert ask(tmp_path, vendor, "other") == []
    assert ask(tmp_path, vendor, repository=None) == ["restart-service"]


def test_without_any_root_nothing_is_believed(tmp_path: Path, vendor: FakeVendor) -> None:
    with pytest.raises(ActionsRefused, match="--vendor-root"):
        ask(tmp_path, vendor, repository=None)
    with pytest.raises(ActionsRefused, match="cannot be read"):
        ask(tmp_path, vendor, root=tmp_path / "nowhere")


def test_another_vendor_s_folder_is_refused_under_this_root(tmp_path: Path, vendor: FakeVendor) -> None:
    from tests.fakes.vendor import a_key

    root = tmp_path / "root.json"
    root.write_bytes(vendor.root())
    assert ask(tmp_path, vendor, root=root) == ["restart-service"]
    vendor.forge("product-his", [a_key(99)], raise_by=1)
    with pytest.raises(ActionsRefused):
        ask(tmp_path, vendor, root=root)


def test_what_is_older_or_over_is_refused(tmp_path: Path, vendor: FakeVendor) -> None:
    import shutil

    shutil.copytree(vendor.out, tmp_path / "old")
    vendor.release("his", "2.0")
    assert ask(tmp_path, vendor) == ["restart-service"]
    with pytest.raises(ActionsRefused):
        ask(tmp_path, vendor, repository=tmp_path / "old")
    with pytest.raises(ActionsRefused, match="expired"):
        ask(tmp_path, vendor, now=vendor.now + timedelta(days=3_000))
