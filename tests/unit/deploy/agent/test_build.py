from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.agent.build import CONTENTS, MANIFEST, BuildRefused, build, main
from tests.fakes.vendor import FakeVendor


def _tree(root: Path) -> dict[str, tuple[bytes, int, float]]:
    return {
        str(path.relative_to(root)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode), path.stat().st_mtime)
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_two_builds_are_equal(repository: Path, tmp_path: Path) -> None:
    names = build(repository, tmp_path / "one")
    build(repository, tmp_path / "two")
    assert _tree(tmp_path / "one") == _tree(tmp_path / "two")
    assert sorted(names) == sorted(_tree(tmp_path / "one"))


def test_the_manifest_names_every_file(repository: Path, tmp_path: Path) -> None:
    build(repository, tmp_path / "one")
    lines = (tmp_path / "one" / MANIFEST).read_text().splitlines()
    named = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    files = {name: content for name, (content, _, _) in _tree(tmp_path / "one").items() if name != MANIFEST}
    assert named == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    checked = subprocess.run(["sha256sum", "--quiet", "-c", MANIFEST], cwd=tmp_path / "one", check=False)
    assert checked.returncode == 0


def test_every_file_of_the_agents_packages_is_in_it(repository: Path, tmp_path: Path) -> None:
    build(repository, tmp_path / "one")
    sources = {
        str(path.relative_to(repository).with_suffix(".mo" if path.suffix == ".po" else path.suffix))
        for package in ("wire", "terminal", "agent")
        for path in (repository / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sources <= set(_tree(tmp_path / "one"))


def test_nothing_of_the_vendors_side_is_in_it(repository: Path, tmp_path: Path) -> None:
    build(repository, tmp_path / "one")
    assert {path.name for path in (tmp_path / "one").iterdir()} == {
        "LICENSE",
        "NOTICE",
        "MANIFEST.sha256",
        "agent",
        "bin",
        "locks",
        "remediation",
        "terminal",
        "units",
        "wire",
    }


def test_the_launcher_starts_it(repository: Path, tmp_path: Path) -> None:
    build(repository, tmp_path / "one")
    link = tmp_path / "sitewarden-agent"
    link.symlink_to(tmp_path / "one/bin/sitewarden-agent")
    (tmp_path / "wire.py").write_text("raise SystemExit('imported from the current directory')\n")
    environment = {**os.environ, "SITEWARDEN_PYTHON": sys.executable, "LC_ALL": "C.UTF-8"}
    ran = subprocess.run([link, "--help"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "enrol" in ran.stdout
    assert not list((tmp_path / "one").rglob("__pycache__"))


def test_units_are_installed_from_their_own_place_only(repository: Path, tmp_path: Path) -> None:
    """What the units start is /opt/sitewarden; tests/e2e/lab installs them there."""
    build(repository, tmp_path / "one")
    ran = subprocess.run([tmp_path / "one/bin/install-units"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert f"this directory is {tmp_path}/one" in ran.stderr


def _small(root: Path, contents: str) -> Path:
    (root / CONTENTS).parent.mkdir(parents=True)
    (root / CONTENTS).write_text(contents)
    (root / "a").mkdir()
    (root / "a/run.sh").write_text("#!/bin/sh\n")
    (root / "a/b.txt").write_text("b\n")
    return root


def test_contents_choose_rename_and_mark(tmp_path: Path) -> None:
    root = _small(tmp_path / "root", "# words\n\na/*.txt\na/run.sh as bin/run\n")
    assert build(root, tmp_path / "out") == ["a/b.txt", "bin/run", MANIFEST]
    modes = {name: mode for name, (_, mode, _) in _tree(tmp_path / "out").items()}
    assert modes == {"a/b.txt": 0o644, "bin/run": 0o755, MANIFEST: 0o644}


def test_a_pattern_without_a_file_is_refused(tmp_path: Path) -> None:
    root = _small(tmp_path / "root", "a/*.txt\nb/*.txt\n")
    with pytest.raises(BuildRefused, match=r"nothing matches b/\*\.txt"):
        build(root, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_directory_in_use_is_refused(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(BuildRefused, match="is not empty"):
        build(repository, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "out")]) == 0
    assert "files" in capsys.readouterr().out
    assert main([str(tmp_path / "out")]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert main([]) == 2


def test_the_vendors_first_root_can_go_with_it_and_nothing_else_under_its_name(
    repository: Path, tmp_path: Path
) -> None:
    vendor = FakeVendor(tmp_path / "vendor")
    vendor.publish()
    root = vendor.out / "metadata/1.root.json"
    assert "vendor-root.json" in build(repository, tmp_path / "with", root)
    assert (tmp_path / "with/vendor-root.json").read_bytes() == root.read_bytes()
    assert "vendor-root.json" not in build(repository, tmp_path / "without")
    for wrong in (vendor.out / "metadata/timestamp.json", Path(__file__)):
        with pytest.raises(BuildRefused, match="no vendor root"):
            build(repository, tmp_path / "wrong", wrong)
