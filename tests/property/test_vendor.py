"""Whatever happens to a byte that the collector serves: it is refused, or what is believed is the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remediation.trust.published import folder_fetcher
from remediation.trust.vendor import Fault, VendorRefused, VendorRepository
from tests.builders import NOW
from tests.fakes.vendor import FakeVendor, a_key

FILES = [
    "metadata/2.root.json",
    "metadata/timestamp.json",
    "metadata/2.snapshot.json",
    "metadata/1.targets.json",
    "metadata/1.product-his.json",
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every published file, of a vendor that has rotated its root once."""
    vendor = FakeVendor(tmp_path_factory.mktemp("vendor"))
    vendor.shop.rotate(add=[a_key(4).public_key()])
    vendor.publish()
    vendor.shop.renew("root")
    vendor.publish()
    return {path.relative_to(vendor.out).as_posix(): path.read_bytes() for path in vendor.out.glob("*/*")}


def _host(folder: Path, files: dict[str, bytes]) -> VendorRepository:
    def fetch(name: str, most: int) -> bytes:
        if name not in files:
            raise FileNotFoundError(name)
        return files[name]

    host = VendorRepository(folder, fetch)
    host.install_root(files["metadata/1.root.json"])
    return host


def _believed(host: VendorRepository) -> object:
    vendor = host.load(NOW)
    return vendor.roster, dict(vendor.actions), host.root_version(), host.catalogue("his")


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.mark.usefixtures("quick_disk")
@pytest.mark.parametrize("name", FILES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_a_changed_byte_changes_nothing_that_is_believed(
    name: str, served: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(served[name]) - 1))
    byte = data.draw(st.integers(0, 255))
    raw = served[name]
    changed = {**served, name: raw[:at] + bytes([byte]) + raw[at + 1 :]}
    good = _host(tmp_path_factory.mktemp("good"), served)
    good.refresh(NOW)
    host = _host(tmp_path_factory.mktemp("host"), changed)
    try:
        host.refresh(NOW)
    except VendorRefused as refused:
        assert isinstance(refused.fault, Fault)  # noqa: PT017  # any reason will do; no other error may come out
        return
    assert _believed(host) == _believed(good)


@pytest.mark.usefixtures("quick_disk")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(raw=st.binary(max_size=200))
@pytest.mark.parametrize("name", FILES)
def test_any_bytes_are_refused_in_one_way(
    name: str, served: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    host = _host(tmp_path_factory.mktemp("host"), {**served, name: raw})
    with pytest.raises(VendorRefused):
        host.refresh(NOW)


def test_the_folder_fetcher_and_the_table_agree(served: dict[str, bytes], tmp_path: Path) -> None:
    for name, raw in served.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(raw)
        assert folder_fetcher(tmp_path)(name, len(raw)) == raw
