from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from agent.health.probes.updates import Updates
from tests.builders import NOW
from tests.fakes.probes import bad, readings

STATUS = "\n".join(
    f"Package: {name}\nStatus: install ok installed\nVersion: {version}\n"
    for name, version in {"openssl": "3.0.11-1~deb12u1", "libc6": "2.36-9+deb12u3", "clinic": "1"}.items()
)
LIST = "\n".join(
    f"Package: {name}\nVersion: {version}\nFilename: pool/x\n"
    for name, version in {"openssl": "3.0.11-1~deb12u2", "libc6": "2.36-9+deb12u3", "other": "9"}.items()
)
SECURITY = "security.example_debian-security_dists_bookworm-security_main_binary-amd64_Packages"


@pytest.fixture
def probe(tmp_path: Path) -> Updates:
    (tmp_path / "status").write_text(STATUS)
    (tmp_path / "lists").mkdir()
    return Updates(lists=tmp_path / "lists", status=tmp_path / "status")


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_newer_version_in_a_security_archive(probe: Updates, tmp_path: Path, is_packed: bool) -> None:
    path = tmp_path / "lists" / (SECURITY + (".xz" if is_packed else ""))
    path.write_bytes(lzma.compress(LIST.encode()) if is_packed else LIST.encode())
    assert bad(probe, NOW) == [("HOST-UPD-0001", "")]
    (found,) = readings(probe, NOW)
    assert found.text == "1 security updates are waiting: openssl"
    (tmp_path / "status").write_text(STATUS.replace("deb12u1", "deb12u2"))
    assert bad(probe, NOW) == []
    assert len(readings(probe, NOW)) == 1


def test_other_archives_do_not_count(probe: Updates, tmp_path: Path) -> None:
    (tmp_path / "lists/deb.example_debian_dists_bookworm_main_binary-amd64_Packages").write_text(LIST)
    assert readings(probe, NOW) == []


def test_without_lists_nothing_is_claimed(probe: Updates) -> None:
    assert readings(probe, NOW) == []
