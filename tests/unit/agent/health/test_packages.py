from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from agent.health.packages import DPKG_STATUS, installed

STATUS = """Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9

Package: gone
Status: deinstall ok config-files
Version: 1

Package: libc6
Status: install ok installed
Architecture: i386
Version: 2.36-8
Description: Version: 9 is not a field
 Version: 10
"""


def test_installed_packages_with_their_versions(tmp_path: Path) -> None:
    (tmp_path / "status").write_text(STATUS)
    assert installed(tmp_path / "status") == {"libc6": "2.36-9", "libc6:i386": "2.36-8"}


def test_a_host_without_dpkg_has_no_list(tmp_path: Path) -> None:
    assert installed(tmp_path / "status") == {}


def test_as_dpkg_query_lists_them() -> None:
    if shutil.which("dpkg-query") is None or not DPKG_STATUS.exists():
        pytest.skip("no dpkg")
    argv = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\n"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
    wanted = {tuple(line.split()[1:]) for line in said if line.startswith("installed ")}
    assert wanted
    assert {(name.partition(":")[0], version) for name, version in installed().items()} == wanted
