"""Whole releases: drift is refused, the old one stays as it is, the switch is one rename."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediation.patch.errors import PatchRefused, StepFailed
from remediation.patch.layouts.releases import Releases, current_release
from remediation.patch.manifest import Layout
from remediation.patch.tree import tree_digest
from tests.fakes.patched_site import NEW_NAME, MadePayload, PatchedSite


@pytest.fixture
def site(tmp_path: Path) -> PatchedSite:
    return PatchedSite(tmp_path, Layout.RELEASES).make()


@pytest.fixture
def files(site: PatchedSite) -> Releases:
    return Releases(site.manifest, root=site.root, old="old", new=NEW_NAME)


def staged(files: Releases) -> Releases:
    files.check()
    files.stage(MadePayload())
    return files


def test_there_and_back(site: PatchedSite, files: Releases) -> None:
    before = tree_digest(site.root / "releases/old")
    staged(files).recheck()
    assert (site.version(), files.is_old()) == ("old", True)
    files.switch()
    files.switch()
    assert (site.version(), files.is_new()) == ("new", True)
    files.tidy()
    files.switch_back()
    assert site.version() == "old"
    assert tree_digest(site.root / "releases/old") == before


def test_what_stays_is_not_copied(site: PatchedSite, files: Releases) -> None:
    staged(files)
    releases = site.root / "releases"
    assert (releases / NEW_NAME / "share/same").samefile(releases / "old/share/same")
    assert not (releases / NEW_NAME / "bin/app").samefile(releases / "old/bin/app")


def test_drift_is_refused(site: PatchedSite, files: Releases) -> None:
    (site.root / "releases/old/etc/app.conf").write_bytes(b"port 9\n")
    with pytest.raises(PatchRefused, match="not those that this patch is for"):
        files.check()


def test_another_release_than_planned(site: PatchedSite, files: Releases) -> None:
    staged(files)
    (site.root / "releases/other").mkdir()
    (site.root / "current").unlink()
    (site.root / "current").symlink_to("releases/other")
    with pytest.raises(PatchRefused, match="another release"):
        files.check()
    with pytest.raises(StepFailed, match="another release"):
        files.recheck()


@pytest.mark.parametrize("target", ["old", "/etc", "releases/../old", "releases/lost", "releases/a/b", None])
def test_a_root_that_is_laid_out_otherwise(site: PatchedSite, target: str | None) -> None:
    assert current_release(site.root) == "old"
    (site.root / "current").unlink()
    if target is not None:
        (site.root / "current").symlink_to(target)
    with pytest.raises(PatchRefused, match="no link current"):
        current_release(site.root)


def test_given_up_nothing_is_left(site: PatchedSite, files: Releases) -> None:
    staged(files).abandon()
    assert [path.name for path in (site.root / "releases").iterdir()] == ["old"]
    files.abandon()


def test_older_releases_go_away(site: PatchedSite, files: Releases) -> None:
    (site.root / "releases/ancient").mkdir()
    staged(files).switch()
    files.tidy()
    assert {path.name for path in (site.root / "releases").iterdir()} == {"old", NEW_NAME}
