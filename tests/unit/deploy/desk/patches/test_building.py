"""From a specification to a bundle that hosts take."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest

from deploy.desk.patches.building import build
from deploy.desk.patches.specification import read_specification
from remediation.patch.bundle import open_bundle
from remediation.patch.errors import PatchRefused
from remediation.patch.tree import tree_digest
from terminal import CommandRefused
from tests.fakes.made_patch import NEW, OLD, SPECIFICATION, built, write_sources


def test_everything_of_the_specification_is_in_it(tmp_path: Path) -> None:
    bundle = built(tmp_path)
    manifest, payload = bundle.manifest, bundle.payload()
    assert (manifest.id, manifest.product, manifest.fixes) == ("his-2.0", "his", ["BIL-1"])
    assert manifest.from_tree == tree_digest(tmp_path / "old")
    assert manifest.database[0].forward == ["ALTER TABLE bills ADD COLUMN note TEXT"]
    assert manifest.database[0].backward == ["ALTER TABLE bills DROP COLUMN note"]
    assert payload is not None
    with payload.open() as files:
        found = {path: b"".join(pieces) for path, pieces in files}
    assert found == {path: content for path, content in NEW.items() if OLD.get(path) != content}


def test_hosts_of_every_version_read_what_was_built_once(tmp_path: Path, repository: Path) -> None:
    """The file was built with format 1. It is never built again: a change that cannot read it needs a new number."""
    golden = open_bundle(repository / "tests/unit/deploy/desk/patches/golden/his-2.0.swpatch")
    payload, today = golden.payload(), built(tmp_path).manifest
    assert payload is not None
    payload.check_files()
    assert golden.manifest == msgspec.structs.replace(today, payload=golden.manifest.payload), "zstd may pack otherwise"


def test_only_releases_have_a_whole_to_compare(tmp_path: Path) -> None:
    assert built(tmp_path, SPECIFICATION.replace("layout: releases", "layout: in_place")).manifest.from_tree == ""


def test_what_no_host_would_take_is_not_built(tmp_path: Path) -> None:
    with pytest.raises(PatchRefused, match="leads from"):
        built(tmp_path, SPECIFICATION.replace('["1.9"]', '["2.0"]'))


def refused(folder: Path, **files: bytes) -> str:
    specification = write_sources(folder)
    for name, content in files.items():
        (folder / f"{name}.sql").write_bytes(content)
    with pytest.raises(CommandRefused) as found:
        build(read_specification(specification), folder, None, io.BytesIO(), lambda count: None)
    return str(found.value)


def test_sql_that_is_none(tmp_path: Path) -> None:
    assert "holds no statement" in refused(tmp_path, add=b"-- nothing\n")
    assert "byte 2 is not UTF-8" in refused(tmp_path, add=b"ab\xff")


def test_directories_that_are_none(tmp_path: Path) -> None:
    given = read_specification(write_sources(tmp_path))
    with pytest.raises(PatchRefused, match="no directory"):
        build(given, tmp_path, (tmp_path / "old", tmp_path / "nowhere"), io.BytesIO(), lambda count: None)
