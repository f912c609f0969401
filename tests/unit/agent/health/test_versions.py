from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.health.versions import look, may_ask, module_versions, read_inside
from agent.settings.probes import BoundsSettings
from wire.catalogue.model import VersionProbe
from wire.catalogue.reading import read_catalogue

CATALOGUE = """
product: clinic
version: "1"
modules:
  - code: BILLING
    name: {en: Billing, ko: 수납, zh: 收费}
    probes:
      - {file: ROOT/missing, regex: 'v(.*)'}
      - {file: ROOT/billing/VERSION, regex: '^version=([0-9.]+)'}
    errors: [{code: BIL-1, level: 2, title: {en: x, ko: x, zh: x}, match: [{literal: x}]}]
  - code: WARD
    name: {en: Ward, ko: 병동, zh: 病房}
    probes: [{package: clinic-ward}]
    errors: [{code: WRD-1, level: 2, title: {en: x, ko: x, zh: x}, match: [{literal: x}]}]
  - code: LAB
    name: {en: Lab, ko: 검사, zh: 检验}
    probes: [{url: 'http://127.0.0.1:8080/version', regex: '"version": "([^"]+)"'}]
    errors: [{code: LAB-1, level: 2, title: {en: x, ko: x, zh: x}, match: [{literal: x}]}]
  - code: OTHER
    name: {en: Other, ko: 기타, zh: 其他}
    errors: [{code: OTH-1, level: 2, title: {en: x, ko: x, zh: x}, match: [{literal: x}]}]
"""


def no_page(url: str, limit: int) -> bytes:
    raise OSError(f"{url} was asked")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app/billing").mkdir(parents=True)
    (tmp_path / "app/billing/VERSION").write_text("# release\nversion=4.2.1\n")
    (tmp_path / "secret").write_text("version=9.9\n")
    return tmp_path / "app"


def test_each_module_by_its_own_way(root: Path) -> None:
    catalogue, _ = read_catalogue(CATALOGUE.replace("ROOT", str(root)))

    def page(url: str, limit: int) -> bytes:
        assert url == "http://127.0.0.1:8080/version"
        return b'{"version": "7.0-beta"}'

    found = module_versions([catalogue], BoundsSettings(roots=[str(root)]), {"clinic-ward": "2:1.0-3"}, page)
    assert found == {"clinic/BILLING": "4.2.1", "clinic/WARD": "2:1.0-3", "clinic/LAB": "7.0-beta"}
    outside = module_versions([catalogue], BoundsSettings(), {}, no_page)
    assert outside == {"clinic/BILLING": "", "clinic/WARD": "", "clinic/LAB": ""}


@pytest.mark.parametrize("name", ["../secret", "link", "folder/link", "fifo", "billing", "missing"])
def test_nothing_outside_the_roots_is_read(root: Path, name: str) -> None:
    (root / "folder").mkdir()
    (root / "link").symlink_to(root.parent / "secret")
    (root / "folder/link").symlink_to("../../secret")
    os.mkfifo(root / "fifo")
    with pytest.raises(OSError, match=r"outside|regular|No such|directory"):
        read_inside(root / name, [str(root)])
    probe = VersionProbe(file=str(root / name), regex="version=(.*)")
    assert look(probe, BoundsSettings(roots=[str(root)]), {}, no_page) == ""


def test_a_root_beside_is_no_root(root: Path) -> None:
    (root.parent / "app2").mkdir()
    (root.parent / "app2/VERSION").write_text("version=1")
    with pytest.raises(PermissionError):
        read_inside(root.parent / "app2/VERSION", [str(root)])


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "http://app.example/",
        "http://127.0.0.1@10.0.0.1/",
        "http://localhost.example/",
        "http://[bad/",
        "http:///x",
        "http://2130706434/",
    ],
)
def test_no_other_host_is_asked(url: str) -> None:
    assert not may_ask(url, ["db.example"])
    assert look(VersionProbe(url=url, regex="(.*)"), BoundsSettings(hosts=["db.example"]), {}, no_page) == ""


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8/", "http://127.9.9.9/", "http://[::1]/", "http://localhost/", "https://db.example/x"]
)
def test_this_host_and_named_ones_may_be_asked(url: str) -> None:
    assert may_ask(url, ["db.example"])
