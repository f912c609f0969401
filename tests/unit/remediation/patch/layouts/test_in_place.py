"""Files in their places: everything but what is signed stays bit for bit, whatever stands in the way."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remediation.patch.errors import PatchRefused, StepFailed
from remediation.patch.layouts.in_place import OWN, InPlace
from remediation.patch.manifest import FileChange, Layout
from tests.fakes.made_patch import a_manifest, sha256
from tests.fakes.patched_site import NEW, NEW_NAME, OLD, MadePayload, PatchedSite

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away and mounts")
needs_acl = pytest.mark.skipif(shutil.which("setfacl") is None, reason="needs setfacl (acl)")


@pytest.fixture
def site(tmp_path: Path) -> PatchedSite:
    return PatchedSite(tmp_path, Layout.IN_PLACE).make()


@pytest.fixture
def files(site: PatchedSite) -> InPlace:
    return InPlace(site.manifest, root=site.root, name=NEW_NAME)


def staged(files: InPlace) -> InPlace:
    files.check()
    files.stage(MadePayload())
    return files


def attributes(root: Path) -> dict[str, object]:
    """Inode, mode, owner, times and extended attributes (which hold the access lists) of every file."""
    found: dict[str, object] = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and OWN not in path.parts:
            status = path.stat()
            named = {name: os.getxattr(path, name) for name in os.listxattr(path)}
            times = (status.st_mtime_ns, status.st_ino)
            found[str(path.relative_to(root))] = (status.st_mode, status.st_uid, status.st_gid, times, named)
    return found


def test_there_and_back(site: PatchedSite, files: InPlace) -> None:
    staged(files).recheck()
    assert files.is_old()
    files.switch()
    files.switch()
    assert (site.version(), files.is_new(), files.is_old()) == ("new", True, False)
    files.tidy()
    files.switch_back()
    files.switch_back()
    assert (site.version(), files.is_old()) == ("old", True)


@needs_root
@needs_acl
def test_attributes_come_back_bit_for_bit(site: PatchedSite, files: InPlace) -> None:
    app, same = site.root / "bin/app", site.root / "share/same"
    for path in (app, same):
        os.chown(path, 12, 34)
        path.chmod(0o4750)
        os.setxattr(path, "user.note", b"the customer's")
        subprocess.run(["setfacl", "-m", "u:7:r", path], check=True)
        os.utime(path, ns=(1_000_000_001, 1_600_000_000_123_456_789))
    before = attributes(site.root)
    assert "system.posix_acl_access" in os.listxattr(app)
    staged(files).switch()
    during = attributes(site.root)
    assert during["share/same"] == before["share/same"], "what no change names is not touched"
    status = app.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (12, 34, 0o755), "as signed, owner as before"
    files.tidy()
    files.switch_back()
    assert attributes(site.root) == before


def test_drift_is_shown(site: PatchedSite, files: InPlace) -> None:
    (site.root / "bin/app").write_bytes(b"mended by hand\n")
    (site.root / "lib/gone.so").unlink()
    (site.root / "share/deep/er").mkdir(parents=True)
    (site.root / "share/deep/er/new").write_bytes(b"here before\n")
    (site.root / "etc/app.conf").unlink()
    (site.root / "etc/app.conf").symlink_to("../bin/app")
    with pytest.raises(PatchRefused) as refused:
        files.check()
    for words in (
        "4 files",
        "bin/app was changed",
        "lib/gone.so is not there",
        "new is there already",
        "no regular file",
    ):
        assert words in str(refused.value)


def test_a_folder_that_leads_away(site: PatchedSite, files: InPlace, tmp_path: Path) -> None:
    (site.root / "bin").rename(tmp_path / "elsewhere")
    (site.root / "bin").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PatchRefused, match="leads out of"):
        files.check()


def test_a_file_that_is_written_to_in_the_meantime(site: PatchedSite, files: InPlace) -> None:
    staged(files)
    with (site.root / "etc/app.conf").open("ab") as out:
        out.write(b"more\n")
    with pytest.raises(StepFailed, match=r"etc/app\.conf was changed"):
        files.recheck()


def test_a_file_that_appears_in_the_meantime(site: PatchedSite, files: InPlace) -> None:
    staged(files)
    (site.root / "share/deep/er").mkdir(parents=True)
    (site.root / "share/deep/er/new").touch()
    with pytest.raises(StepFailed, match="appeared"):
        files.recheck()


def test_given_up_nothing_is_left(site: PatchedSite, files: InPlace) -> None:
    staged(files).abandon()
    assert list((site.root / OWN).iterdir()) == []
    assert site.version() == "old"


def test_a_file_that_may_not_be_written_is_exchanged(site: PatchedSite, files: InPlace) -> None:
    for path in OLD:
        (site.root / path).chmod(0o400)
    staged(files).switch()
    assert site.version() == "new"
    files.switch_back()
    assert {(site.root / path).stat().st_mode & 0o777 for path in OLD} == {0o400}


@contextlib.contextmanager
def small_disk(at: Path, size_kb: int) -> Iterator[None]:
    at.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "none", at], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", at], check=True)


class BigPayload:
    """More than the disk has room for."""

    @contextlib.contextmanager
    def open(self) -> Iterator[Iterator[tuple[str, Iterator[bytes]]]]:
        yield iter([("app", iter([b"x" * 50_000] * 20))])


def can_mount() -> bool:
    if os.getuid() != 0:
        return False
    ran = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False, timeout=10
    )
    return ran.returncode == 0


@pytest.mark.skipif(not can_mount(), reason="needs to be root and to mount a tmpfs")
def test_a_full_disk_is_a_failed_step_and_leaves_the_old(tmp_path: Path) -> None:
    change = FileChange(path="app", old=sha256(b"old"), new=sha256(b"x" * 1_000_000), size_bytes=1_000_000)
    with small_disk(tmp_path / "disk", 400):
        (tmp_path / "disk/app").write_bytes(b"old")
        files = InPlace(a_manifest(files=[change]), root=tmp_path / "disk", name="new")
        files.check()
        with pytest.raises(StepFailed, match="No space left"):
            files.stage(BigPayload())
        files.abandon()
        assert files.is_old()
        assert [path.name for path in (tmp_path / "disk" / OWN).iterdir()] == []


def test_the_new_content_is_what_was_signed(site: PatchedSite, files: InPlace) -> None:
    staged(files).switch()
    assert {path: (site.root / path).read_bytes() for path in NEW} == NEW


@pytest.mark.parametrize("count", range(6))
def test_a_switch_that_stopped_anywhere_goes_on_or_back(
    site: PatchedSite, files: InPlace, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(BaseException):
        pass

    left, rename, unlink = [count], Path.rename, Path.unlink

    def counted(act: Any) -> Any:
        def acting(path: Path, *arguments: Any, **words: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Stopped
            return act(path, *arguments, **words)

        return acting

    files.stage(MadePayload())
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", counted(rename))
        patched.setattr(Path, "unlink", counted(unlink))
        with contextlib.suppress(Stopped):
            files.switch()
    assert (left[0] < 0) == (count <= len(site.manifest.files)), "the control: a file in a new folder takes two tries"
    files.switch()
    assert files.is_new()
    files.switch_back()
    assert files.is_old()
    files.switch_back()
    assert (files.is_old(), site.version()) == (True, "old")
