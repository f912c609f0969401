"""The first root of the vendor comes with the package, and enrolling trusts it; no word of a collector does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.agent.build import build
from tests.fakes.collector import Collector, HttpCollector
from tests.fakes.vendor import FakeVendor, a_key

pytestmark = pytest.mark.e2e


def _enrol(package: Path, folder: Path, server: HttpCollector, *words: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    (folder / "app.log").touch()
    (folder / "agent.yaml").write_text(f"collector: {server.address}\nstate: state\nsources: []\n")
    return subprocess.run(
        [sys.executable, "-m", "agent", "enrol", "-", "--settings", str(folder / "agent.yaml"), *words],
        input=f"{server.collector.token()}\n",
        capture_output=True,
        text=True,
        cwd=package,
        env=os.environ | {"PYTHONPATH": str(package)},
        check=False,
    )


def test_the_package_brings_the_root_and_enrol_installs_it(tmp_path: Path, repository: Path) -> None:
    vendor, other = FakeVendor(tmp_path / "vendor"), FakeVendor(tmp_path / "other")
    vendor.publish()
    other.signers = [a_key(2), a_key(3)]
    other.publish()
    root = vendor.out / "metadata/1.root.json"
    build(repository, tmp_path / "package", root)
    with HttpCollector(Collector()) as server:
        done = _enrol(tmp_path / "package", tmp_path / "host", server)
        assert done.returncode == 0, done.stderr
        for folder in ("state/vendor", "state-executor/vendor"):
            assert (tmp_path / "host" / folder / "root.json").read_bytes() == root.read_bytes()
        named = str(other.out / "metadata/1.root.json")
        server.collector.tokens.clear()
        refused = _enrol(tmp_path / "package", tmp_path / "host", server, "--force", "--vendor-root", named)
        assert refused.returncode == 1
        assert "another vendor root" in refused.stderr


def test_a_host_that_has_a_root_keeps_it(tmp_path: Path, repository: Path) -> None:
    """An administrator's own choice, or one from an older package, is not replaced by what is packed in."""
    vendor, other = FakeVendor(tmp_path / "vendor"), FakeVendor(tmp_path / "other")
    vendor.publish()
    other.signers = [a_key(2), a_key(3)]
    other.publish()
    build(repository, tmp_path / "package", vendor.out / "metadata/1.root.json")
    mine = (other.out / "metadata/1.root.json").read_bytes()
    with HttpCollector(Collector()) as server:
        host = tmp_path / "host"
        for folder in (host / "state/vendor", host / "state-executor/vendor"):
            folder.mkdir(parents=True, mode=0o700)
            (folder / "root.json").write_bytes(mine)
        done = _enrol(tmp_path / "package", host, server)
        assert done.returncode == 0, done.stderr
        assert (host / "state/vendor/root.json").read_bytes() == mine
