"""Killed at every system call that changes anything, in applying, taking back and recovering: old or new, never half.

The points come from tracing a whole run, not from places that somebody thought of. `make test` takes each
`STRIDE`th of them, `make soak` all.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from remediation.patch.manifest import Layout
from tests.fakes import patched_site
from tests.fakes.patched_site import PatchedSite

IS_SOAK = os.environ.get("SOAK") == "1"
STRIDE = 1 if IS_SOAK else 11
CHANGING = (
    "openat", "write", "mkdir", "rename", "unlink", "rmdir", "link", "linkat", "symlink", "ftruncate", "fsync",
    "fdatasync", "fchmod", "chmod", "fchown", "chown", "lchown", "renameat", "renameat2", "unlinkat", "mkdirat",
    "symlinkat", "fchmodat", "fchownat",
)  # fmt: skip
LINE = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)")
ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.timeout(3_600 if IS_SOAK else 170)]


@pytest.fixture(scope="module", autouse=True)
def _strace() -> None:
    if shutil.which("strace") is None:
        pytest.skip("killing at system calls needs strace (Debian: strace)")


def traced(folder: Path, layout: Layout, act: str, *options: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, patched_site.__file__, str(folder), layout.value, act]
    environment = {**ENVIRONMENT, "PYTHONPATH": str(Path(patched_site.__file__).parents[2])}
    log = folder.with_suffix(".strace")
    words = ["strace", "-f", "-qq", "-s", "200", "-o", str(log), *options, *program]
    return subprocess.run(words, capture_output=True, text=True, env=environment, check=False)


def points(folder: Path, layout: Layout, act: str) -> list[tuple[str, int]]:
    """(system call, its number among those of its name) of everything that changes the site, in their order."""
    ran = traced(folder, layout, act, "-e", "trace=" + ",".join(f"?{name}" for name in CHANGING))
    assert ran.returncode == 0, ran.stderr
    counts: dict[str, int] = {}
    found = []
    for line in folder.with_suffix(".strace").read_text().splitlines():
        match = LINE.match(line)
        if match is None or match[1] not in CHANGING:
            continue
        name, rest = match[1], match[2]
        counts[name] = counts.get(name, 0) + 1
        if name == "openat" and not ("O_CREAT" in rest and str(folder) in rest):
            continue
        found.append((name, counts[name]))
    return found


def copied(template: Path, folder: Path) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(template, folder, symlinks=True)
    return folder


def killed(folder: Path, layout: Layout, act: str, point: tuple[str, int]) -> None:
    name, number = point
    ran = traced(folder, layout, act, "-e", f"trace={name}", "-e", f"inject={name}:signal=SIGKILL:when={number}")
    assert ran.returncode in {-9, 137}, (point, ran.returncode, ran.stderr)


def recovered(folder: Path, layout: Layout) -> PatchedSite:
    site = PatchedSite(folder, layout)
    site.recover()
    assert site.recover() is None, "nothing is left to do"
    return site


def check_whole(site: PatchedSite, point: object) -> str:
    version = site.version()
    assert version in {"old", "new"}, (point, version, site.states())
    assert site.running() == {"app", "worker"}, (point, site.states())
    stray = [path for path in site.root.rglob("*") if path.name.endswith(".sitewarden") and path.is_file()]
    assert stray == [], point
    ended = site.states()[-1:]
    assert version == ("new" if ended == ["clean"] else "old"), (point, site.states())
    return version


@pytest.fixture(params=list(Layout), ids=lambda layout: layout.value)
def layout(request: pytest.FixtureRequest) -> Layout:
    found: Layout = request.param
    return found


def test_killed_anywhere_in_applying_it_ends_in_old_or_new(layout: Layout, tmp_path: Path) -> None:
    template = tmp_path / "t"
    template.mkdir()
    PatchedSite(template, layout).make()
    folder = tmp_path / "s"
    found = points(copied(template, folder), layout, "apply")
    assert len(found) > 60, "the control: the run really changes things"
    ends, before = set(), set()
    for point in found[::STRIDE]:
        killed(copied(template, folder), layout, "apply", point)
        before.add(PatchedSite(folder, layout).version().partition(":")[0])
        ends.add(check_whole(recovered(folder, layout), point))
    killed(copied(template, folder), layout, "apply", found[-1])
    ends.add(check_whole(recovered(folder, layout), found[-1]))
    assert ends == {"old", "new"}
    if layout is Layout.IN_PLACE:
        assert "half" in before, "the control: without recovery it would be half"


def test_killed_anywhere_in_taking_back_it_ends_at_the_old_version(layout: Layout, tmp_path: Path) -> None:
    template = tmp_path / "t"
    template.mkdir()
    site = PatchedSite(template, layout).make()
    site.apply()
    folder = tmp_path / "s"
    # What was applied names its folder: apply again where it will be taken back.
    shutil.rmtree(template)
    template.mkdir()
    PatchedSite(template, layout).make()
    PatchedSite(copied(template, folder), layout).apply()
    applied = tmp_path / "a"
    copied(folder, applied)
    found = points(folder, layout, "take_back")
    assert len(found) > 15
    for point in found[:: max(1, STRIDE // 2)]:
        killed(copied(applied, folder), layout, "take_back", point)
        site = recovered(folder, layout)
        if site.states()[-1] == "clean":  # killed before the wish was on the disk
            assert site.version() == "new", point
        else:
            assert site.version() == "old", (point, site.states())
        assert site.running() == {"app", "worker"}, point


def test_killed_again_and_again_in_recovering_it_still_ends(layout: Layout, tmp_path: Path) -> None:
    """The newest record of a killed run decides where recovery begins: one of each state, killed at all its points."""
    template = tmp_path / "t"
    template.mkdir()
    PatchedSite(template, layout).make()
    folder = tmp_path / "s"
    beginnings: dict[str, tuple[str, int]] = {}
    for point in points(copied(template, folder), layout, "apply")[:: 1 if IS_SOAK else 5]:
        killed(copied(template, folder), layout, "apply", point)
        states = PatchedSite(folder, layout).states()
        beginnings[states[-1] if states else "none"] = point
    beginnings.pop("none", None)
    chosen = list(beginnings) if IS_SOAK else ["staging", "migrated", "switched", "committed"]
    for state in chosen:
        if state not in beginnings:
            continue
        broken = tmp_path / "b"
        killed(copied(template, folder), layout, "apply", beginnings[state])
        copied(folder, broken)
        for point in points(folder, layout, "recover")[::STRIDE]:
            killed(copied(broken, folder), layout, "recover", point)
            ran = traced(folder, layout, "recover", "-e", "trace=fsync", "-e", "inject=fsync:signal=SIGKILL:when=2")
            assert ran.returncode in {0, -9, 137}
            check_whole(recovered(folder, layout), (state, point))
