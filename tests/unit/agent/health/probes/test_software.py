from __future__ import annotations

import os
from pathlib import Path

from agent.health.probes.software import Software
from agent.settings.probes import BoundsSettings
from tests.builders import NOW
from wire.catalogue.reading import read_catalogue
from wire.messages import SoftwareKind

CATALOGUE = """
product: clinic
version: "1"
modules:
  - code: WARD
    name: {en: Ward, ko: 병동, zh: 病房}
    probes: [{package: clinic-ward}]
    errors: [{code: WRD-1, level: 2, title: {en: x, ko: x, zh: x}, match: [{literal: x}]}]
"""


def test_packages_and_modules(tmp_path: Path) -> None:
    status = tmp_path / "status"
    catalogue, _ = read_catalogue(CATALOGUE)
    probe = Software(lambda: {"a": catalogue, "b": catalogue}, BoundsSettings(), status=status)
    packages, modules = probe.read(NOW)
    assert (packages.versions, modules.versions) == ({}, {"clinic/WARD": ""})
    status.write_text("Package: clinic-ward\nStatus: install ok installed\nVersion: 3-1\n")
    packages, modules = probe.read(NOW)
    assert (packages.of, packages.versions) == (SoftwareKind.PACKAGE, {"clinic-ward": "3-1"})
    assert (modules.of, modules.versions) == (SoftwareKind.MODULE, {"clinic/WARD": "3-1"})


def test_the_list_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Package: a\nStatus: install ok installed\nVersion: 1\n")
    probe = Software(dict, BoundsSettings(), status=status)
    first = next(probe.read(NOW)).versions
    assert next(probe.read(NOW)).versions is first
    status.write_text("Package: a\nStatus: install ok installed\nVersion: 2\n")
    os.utime(status, (1, 1))
    assert next(probe.read(NOW)).versions == {"a": "2"}
