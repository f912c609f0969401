"""What was published comes whole under its name, and nothing that no host would take."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediation.patch.errors import PatchRefused
from remediation.patch.pieces import FOLDER
from remediation.patch.shelving import COMING, copy_patches
from tests.fakes.made_patch import built, published, sha256
from tests.fakes.vendor import FakeVendor


@pytest.fixture
def out(tmp_path: Path) -> Path:
    vendor = FakeVendor(tmp_path / "vendor")
    published(vendor, built(tmp_path / "desk"))
    return vendor.out


def test_once_and_again(out: Path, tmp_path: Path) -> None:
    target = tmp_path / "served"
    assert copy_patches(out, target) == copy_patches(out, target) == 1
    (there,) = (target / FOLDER).iterdir()
    assert there.read_bytes() == (out / FOLDER / there.name).read_bytes()
    assert there.stat().st_mode & 0o777 == 0o644


def test_a_renewed_one_takes_its_place(out: Path, tmp_path: Path) -> None:
    target = tmp_path / "served"
    copy_patches(out, target)
    (there,) = (target / FOLDER).iterdir()
    there.write_bytes(b"damaged")
    copy_patches(out, target)
    assert there.read_bytes() == (out / FOLDER / there.name).read_bytes()


def test_another_patch_under_that_name_is_refused(out: Path, tmp_path: Path) -> None:
    (path,) = (out / FOLDER).iterdir()
    path.rename(path.with_name(sha256(b"another") + ".swpatch"))
    with pytest.raises(PatchRefused, match="another patch"):
        copy_patches(out, tmp_path / "served")
    assert not list((tmp_path / "served" / FOLDER).iterdir())


def test_links_are_not_followed(out: Path, tmp_path: Path) -> None:
    (path,) = (out / FOLDER).iterdir()
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PatchRefused):
        copy_patches(out, tmp_path / "served")


def test_other_names_are_left_where_they_are(out: Path, tmp_path: Path) -> None:
    (out / FOLDER / "note.txt").write_text("x")
    copy_patches(out, tmp_path / "served")
    names = {path.name for path in (tmp_path / "served" / FOLDER).iterdir()}
    assert not names & {"note.txt", COMING}


def test_nothing_published_makes_no_folder(tmp_path: Path) -> None:
    assert copy_patches(tmp_path, tmp_path / "served") == 0
    assert not (tmp_path / "served").exists()
