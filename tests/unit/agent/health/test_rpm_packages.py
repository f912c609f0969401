"""A real RPM database, made by Debian's `rpm`."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from agent.health.probe import ProbeFailed
from agent.health.rpm_packages import ARCHITECTURE, EPOCH, NAME, RELEASE, VERSION, read_header, rpm_installed
from tests.fakes.persons import as_nobody

needs_rpm = pytest.mark.skipif(
    not (shutil.which("rpm") and shutil.which("rpmbuild")), reason="no rpm (Debian package rpm)"
)

SPEC = """Name: {name}
Version: {version}
Release: {release}
{epoch}
Summary: made for a test
License: none
BuildArch: {arch}
%description
{text}
%files
"""


def a_package(folder: Path, name: str, version: str, release: str = "1.el9", **more: str) -> Path:
    spec = folder / f"{name}.spec"
    epoch, arch = more.get("epoch", ""), more.get("arch", "noarch")
    text = SPEC.format(name=name, version=version, release=release, epoch=epoch, arch=arch, text=more.get("text", "x"))
    spec.write_text(text, encoding="utf-8")
    top = folder / "built" / f"{name}-{version}-{arch}"
    argv = ["rpmbuild", "-bb", "--quiet", "--target", arch, "--define", f"_topdir {top}", str(spec)]
    subprocess.run(argv, check=True, capture_output=True)
    (built,) = top.rglob("*.rpm")
    return built


def rpm(folder: Path, *words: str) -> str:
    argv = ["rpm", "--dbpath", str(folder / "db"), "--define", "_db_backend sqlite", *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rpm")
    packages = [
        a_package(folder, "his-server", "5.3.1", "2.oe2203", epoch="Epoch: 1"),
        a_package(folder, "verbose", "1", text="설명 " * 30_000),
        a_package(folder, "kernel", "5.14.0"),
        a_package(folder, "kernel", "5.15.0"),
    ]
    for package in packages:
        rpm(folder, "-i", "--nodeps", "--justdb", "--force", str(package))
    return folder


@pytest.fixture
def host(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "db", tmp_path / "db")
    return tmp_path


@needs_rpm
def test_as_rpm_lists_them(host: Path) -> None:
    found = rpm_installed(host / "db/rpmdb.sqlite")
    assert found == {
        "his-server": "1:5.3.1-2.oe2203",
        "kernel": "5.15.0-1.el9",
        "kernel:noarch": "5.14.0-1.el9",
        "verbose": "1-1.el9",
    }
    said = rpm(host, "-qa", "--qf", "%{name} %{evr}\\n").splitlines()
    assert sorted(said) == sorted(f"{name.partition(':')[0]} {version}" for name, version in found.items())


@needs_rpm
def test_an_account_that_may_write_nothing_there_reads_it(host: Path) -> None:
    for beside in ("rpmdb.sqlite-wal", "rpmdb.sqlite-shm"):
        (host / "db" / beside).unlink(missing_ok=True)
    for folder in (host, *host.parents):
        if folder.name.startswith(("test_", "pytest-", "popen-")):
            folder.chmod(0o755)
    with as_nobody():
        assert "his-server" in rpm_installed(host / "db/rpmdb.sqlite")
        if os.geteuid() not in (0, os.getuid()):  # the negative control: opened in the usual way it cannot be read
            with pytest.raises(sqlite3.OperationalError), closing(_plain(host / "db/rpmdb.sqlite")) as sql:
                sql.execute("SELECT count(*) FROM Packages").fetchall()


def _plain(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)


@needs_rpm
def test_nothing_beside_it_is_made_or_changed(host: Path) -> None:
    for beside in ("rpmdb.sqlite-wal", "rpmdb.sqlite-shm"):
        (host / "db" / beside).unlink(missing_ok=True)
    before = {path.name: path.stat().st_mtime_ns for path in (host / "db").iterdir()}
    assert "his-server" in rpm_installed(host / "db/rpmdb.sqlite")
    assert {path.name: path.stat().st_mtime_ns for path in (host / "db").iterdir()} == before


@needs_rpm
def test_what_only_the_log_of_writes_has_is_found(host: Path) -> None:
    """RPM is at work, or was killed: its last changes are not in the file itself yet."""
    database = host / "db/rpmdb.sqlite"
    with sqlite3.connect(database) as sql:
        sql.execute("PRAGMA journal_mode=WAL")
        sql.execute("DELETE FROM Packages WHERE hnum = (SELECT max(hnum) FROM Packages)")
        sql.commit()
        assert (host / "db/rpmdb.sqlite-wal").stat().st_size > 0
        assert rpm_installed(database)["kernel"] == "5.14.0-1.el9"
    sql.close()


@needs_rpm
def test_a_damaged_database_is_told(host: Path) -> None:
    database = host / "db/rpmdb.sqlite"
    database.write_bytes(b"x" * 8192)
    (host / "db/rpmdb.sqlite-wal").unlink(missing_ok=True)
    with pytest.raises(ProbeFailed, match="not a database"):
        rpm_installed(database)


def header(*entries: tuple[int, int, bytes]) -> bytes:
    index, data = b"", b""
    for tag, kind, value in entries:
        index += struct.pack(">IIII", tag, kind, len(data), 1)
        data += value
    return struct.pack(">II", len(entries), len(data)) + index + data


def test_the_wanted_values_of_a_header() -> None:
    texts = [(NAME, 6, b"a\0"), (VERSION, 6, b"1\0"), (RELEASE, 6, b"2\0"), (ARCHITECTURE, 6, b"x86_64\0")]
    raw = header(*texts, (EPOCH, 4, (3).to_bytes(4, "big")), (1004, 9, b"summary\0"))
    assert read_header(raw) == {NAME: "a", VERSION: "1", RELEASE: "2", ARCHITECTURE: "x86_64", EPOCH: "3"}


@pytest.mark.parametrize("length", range(0, 70, 3))
def test_a_header_that_is_cut_gives_what_it_has(length: int) -> None:
    raw = header((NAME, 6, b"a\0"), (VERSION, 6, b"1\0"), (EPOCH, 4, b"\0\0\0\3"))
    assert read_header(raw[:length]).items() <= read_header(raw).items() | {(EPOCH, "0")}


def test_counts_and_places_beyond_the_header_are_not_followed() -> None:
    assert read_header(struct.pack(">II", 2**31, 2**31)) == {}
    assert read_header(struct.pack(">II4I", 1, 9, NAME, 6, 2**31, 1) + b"x" * 9) == {}
    assert read_header(header((NAME, 4, b"\0\0\0\1"), (EPOCH, 6, b"1\0"))) == {}
