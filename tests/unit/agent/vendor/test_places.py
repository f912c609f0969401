"""A first root goes to the agent and to the executor; another one goes nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.settings.model import ExecutorSettings, Settings
from agent.vendor.places import ROOT_FILE, has_root, install_vendor_root, packaged_root, vendor_folder
from remediation.trust.published import folder_fetcher
from remediation.trust.vendor import Fault, VendorRefused, VendorRepository
from tests.fakes.vendor import FakeVendor, a_key


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    executor = ExecutorSettings(folder=str(tmp_path / "executor"), socket=str(tmp_path / "socket"))
    return Settings(collector="https://c.example", state=str(tmp_path / "state"), executor=executor)


@pytest.fixture
def vendor(tmp_path: Path) -> FakeVendor:
    made = FakeVendor(tmp_path / "vendor")
    made.publish()
    return made


def test_both_trust_it(settings: Settings, vendor: FakeVendor, tmp_path: Path) -> None:
    assert not has_root(vendor_folder(settings))
    assert install_vendor_root(settings, vendor.root())
    for folder in (vendor_folder(settings), tmp_path / "executor/vendor"):
        assert VendorRepository(folder, folder_fetcher(vendor.out)).has_root
        assert has_root(folder)
    assert install_vendor_root(settings, vendor.root()), "once more changes nothing"


def test_another_root_is_refused(settings: Settings, vendor: FakeVendor, tmp_path: Path) -> None:
    install_vendor_root(settings, vendor.root())
    other = FakeVendor(tmp_path / "other")
    other.signers = [a_key(2), a_key(3)]
    other.publish()
    with pytest.raises(VendorRefused) as caught:
        install_vendor_root(settings, other.root())
    assert caught.value.fault is Fault.ROOT_THERE
    assert (vendor_folder(settings) / "root.json").read_bytes() == vendor.root()


def test_no_root_is_refused_before_anything_is_written(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(VendorRefused):
        install_vendor_root(settings, b"{}")
    assert not vendor_folder(settings).exists()


def test_an_executor_of_somebody_else_is_told(
    settings: Settings, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from remediation.durable import write_durably

    def refuse(path: Path, content: bytes) -> None:
        if "executor" in path.parts:
            raise PermissionError(13, "no", str(path))
        write_durably(path, content)

    monkeypatch.setattr("remediation.trust.kept.write_durably", refuse)
    assert not install_vendor_root(settings, vendor.root())
    assert (vendor_folder(settings) / "root.json").exists()


def test_a_package_may_bring_a_root(tmp_path: Path) -> None:
    assert packaged_root() is None, "the source tree is no package"
    assert packaged_root(tmp_path) is None
    (tmp_path / ROOT_FILE).write_bytes(b"{}")
    assert packaged_root(tmp_path) == tmp_path / ROOT_FILE
