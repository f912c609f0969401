from __future__ import annotations

import os
import sqlite3
import struct
from contextlib import closing
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


def test_on_a_host_of_rpm_its_database_is_read_and_read_again_when_its_log_changes(tmp_path: Path) -> None:
    database = tmp_path / "rpmdb.sqlite"
    probe = Software(dict, BoundsSettings(), status=tmp_path / "none", rpm=(tmp_path / "no.sqlite", database))
    with closing(sqlite3.connect(database)) as sql:
        sql.execute("PRAGMA journal_mode=WAL")
        sql.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
        sql.commit()
        assert next(probe.read(NOW)).versions == {}
        index = b"".join(struct.pack(">4I", tag, 6, 2 * at, 1) for at, tag in enumerate((1000, 1001, 1002)))
        sql.execute("INSERT INTO Packages VALUES (1, ?)", [struct.pack(">2I", 3, 6) + index + b"a\x001\x002\0"])
        sql.commit()
        first = next(probe.read(NOW)).versions
        assert first == {"a": "1-2"}
        assert next(probe.read(NOW)).versions is first


def test_the_list_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Package: a\nStatus: install ok installed\nVersion: 1\n")
    probe = Software(dict, BoundsSettings(), status=status)
    first = next(probe.read(NOW)).versions
    assert next(probe.read(NOW)).versions is first
    status.write_text("Package: a\nStatus: install ok installed\nVersion: 2\n")
    os.utime(status, (1, 1))
    assert next(probe.read(NOW)).versions == {"a": "2"}
