"""A patch as the vendor makes one: two directories, a specification, the bundle, and who vouches for it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from deploy.desk.patches.building import build
from deploy.desk.patches.sealing import seal
from deploy.desk.patches.specification import read_specification
from remediation.patch.bundle import Bundle, open_bundle
from remediation.patch.manifest import FileChange, Layout, Manifest, Payload
from tests.builders import NOW
from tests.fakes.vendor import FakeVendor
from wire.catalogue.model import Texts

OLD = {"bin/app": b"app 1\n", "etc/app.conf": b"port 1\n", "lib/gone.so": b"old\n", "share/same": b"same\n" * 50}
NEW = {
    "bin/app": b"app 2\n" * 9_000,
    "etc/app.conf": b"port 2\n",
    "share/deep/er/" + "n" * 110: b"fresh\n",
    "share/same": OLD["share/same"],
    "share/수납": b"",
}
SPECIFICATION = """id: his-2.0
product: his
module: BIL
title: {en: Two, ko: 둘}
made_at: 2026-11-22T00:00:00Z
from_versions: ["1.9"]
to_version: "2.0"
layout: releases
root: /opt/his
database:
  - {name: add-column, engine: sqlite, database: his, forward: [add.sql], backward: [drop.sql], undoing: backward}
services:
  - {name: his, unit: his.service, ports: [8080]}
gate:
  probes:
    - {name: answers, kind: http, target: "http://127.0.0.1:8080/health", expect: ok}
fixes: [BIL-1]
"""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def a_manifest(**fields: object) -> Manifest:
    """A small one that is right; `fields` change it."""
    change = FileChange(path="bin/app", old=sha256(b"1"), new=sha256(b"22"), mode=0o755, size_bytes=2)
    given: dict[str, object] = {
        "id": "his-2.0",
        "product": "his",
        "module": "BIL",
        "title": Texts(en="Two"),
        "made_at": datetime(2026, 11, 22, tzinfo=UTC),
        "from_versions": ["1.9"],
        "to_version": "2.0",
        "layout": Layout.IN_PLACE,
        "root": "/opt/his",
        "files": [change],
        "payload": Payload(sha256="0" * 64, size_bytes=100, unpacked_bytes=2),
    }
    return Manifest(**{**given, **fields})  # type: ignore[arg-type]


def write_tree(root: Path, files: dict[str, bytes]) -> Path:
    """A directory with these files."""
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o755 if path.startswith("bin/") else 0o640)
    for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    return root


def write_sources(folder: Path, text: str = SPECIFICATION) -> Path:
    """The directories `old` and `new`, and `spec.yaml`, whose path is given back."""
    write_tree(folder / "old", OLD)
    write_tree(folder / "new", NEW)
    (folder / "add.sql").write_text("ALTER TABLE bills ADD COLUMN note TEXT; -- with a note\n")
    (folder / "drop.sql").write_text("ALTER TABLE bills DROP COLUMN note;\n")
    (folder / "spec.yaml").write_text(text)
    return folder / "spec.yaml"


def built(folder: Path, text: str = SPECIFICATION) -> Bundle:
    """The bundle of these sources, without anybody who vouches for it."""
    folder.mkdir(exist_ok=True)
    specification = write_sources(folder, text)
    with (folder / "built.swpatch").open("wb") as out:
        build(read_specification(specification), folder, (folder / "old", folder / "new"), out, lambda count: None)
    return open_bundle(folder / "built.swpatch")


def published(vendor: FakeVendor, bundle: Bundle, *, for_sticks: bool = True) -> Bundle:
    """The same with the vendor's word for it."""
    vendor.shop.add(bundle.target, bundle.manifest_raw)
    vendor.publish()
    if for_sticks:
        vendor.shop.bundle(vendor.out, vendor.bundle_key)
    return open_bundle(seal(bundle, vendor.out, NOW))
