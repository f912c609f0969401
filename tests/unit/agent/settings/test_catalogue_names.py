"""`vendor:PRODUCT` is a place below the state folder, and never another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.settings.catalogue_names import catalogue_path, is_vendor_name, product_of, signed_product

STATE, FOLDER = Path("/state"), Path("/etc/sitewarden")


def test_files_and_signed_catalogues() -> None:
    assert catalogue_path(STATE, FOLDER, "his.yaml") == "/etc/sitewarden/his.yaml"
    assert catalogue_path(STATE, FOLDER, "/x/his.yaml") == "/x/his.yaml"
    assert catalogue_path(STATE, FOLDER, "vendor:his") == "/state/catalogues/his.yaml"
    assert is_vendor_name("vendor:his")
    assert not is_vendor_name("./vendor:his")


@pytest.mark.parametrize("name", ["vendor:", "vendor:../x", "vendor:a/b", "vendor:HIS", "vendor:his\n", "vendor:-x"])
def test_a_strange_name_is_no_product(name: str) -> None:
    assert product_of(name) is None
    assert catalogue_path(STATE, FOLDER, name) == "/state/catalogues/.yaml"


def test_a_path_tells_its_product() -> None:
    assert signed_product(Path("/state/catalogues/his.yaml")) == "his"
    assert signed_product(Path("/state/catalogues/.yaml")) is None
    assert signed_product(Path("/etc/his.yaml")) is None
