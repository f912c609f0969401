"""A signed site whose vendor has published a patch in pieces large enough to be cut, and who owns its folder."""

from __future__ import annotations

import hashlib
import json
import random
from datetime import UTC, datetime
from pathlib import Path

from deploy.desk.patches.building import build
from deploy.desk.patches.sealing import seal
from deploy.desk.patches.specification import read_specification
from remediation.executor.patches.jobs import Jobs
from remediation.executor.sources import VENDOR
from remediation.patch.bundle import Bundle, open_bundle
from remediation.trust.published import folder_fetcher
from remediation.trust.vendor import VendorRepository
from tests.fakes.signed_site import ROSTER, SignedSite
from tests.fakes.vendor import FakeVendor
from wire.documents.envelope import Envelope
from wire.keys import public_text

NEW_BYTES = 700_000  # three pieces; nothing packs it
ACTIONS = """product: clinic
version: "1"
actions:
  - name: apply-patch
    title: {en: Apply a patch}
    risk: low
    parameters: {patch: {kind: name}, digest: {kind: name}}
    patch: {}
"""
SPECIFICATION = """id: {id}
product: clinic
module: CLN
title: {{en: Another report}}
made_at: 2026-11-22T00:00:00Z
from_versions: ["1"]
to_version: "{version}"
layout: in_place
root: {root}
"""


class PatchSite(SignedSite):
    """`root` is the product; `bundle` is what was published of `clinic-2`. The host owns its own policy."""

    def _publish(self) -> None:
        self.root = self.folder / "clinic"
        self.vendor = FakeVendor(self._made("vendor"), products=("clinic",), now=datetime.now(UTC))
        self.vendor.shop.add("clinic/actions.yaml", ACTIONS.encode())
        self.vendor.shop.add("roster.yaml", ROSTER.replace("KEY", public_text(self.engineer)).encode())
        self.actions_digest = hashlib.sha256(ACTIONS.encode()).hexdigest()
        self.root.mkdir()
        (self.root / "report").write_bytes(b"old")
        (self.root / "report").chmod(0o755)
        self.bundle = self.publish("clinic-2", "2", seed=2)
        self.published = self.vendor.out
        self.executor_folder.mkdir(mode=0o700)
        self.root_file = self.folder / "root.json"
        self.root_file.write_bytes(self.vendor.root())
        host = VendorRepository(self.executor_folder / VENDOR, folder_fetcher(self.vendor.out))
        host.install_root(self.vendor.root())
        host.refresh(datetime.now(UTC))

    def _enrol(self) -> None:
        super()._enrol()
        own = VendorRepository(self.folder / "state" / VENDOR, folder_fetcher(self.vendor.out))
        own.install_root(self.vendor.root())
        path = self.executor_folder / "policy.yaml"
        policy = json.loads(path.read_text()) | {"patch_roots": [str(self.root)], "patches_without_backup": True}
        path.write_text(json.dumps(policy))
        path.chmod(0o600)

    def publish(self, name: str, version: str, *, seed: int) -> Bundle:
        """Another patch from the same old version."""
        place = self._made(f"desk-{name}")
        for tree, content in (("old", b"old"), ("new", random.Random(seed).randbytes(NEW_BYTES))):
            (place / tree).mkdir()
            (place / tree / "report").write_bytes(content)
            (place / tree / "report").chmod(0o755)
        (place / "spec.yaml").write_text(SPECIFICATION.format(id=name, version=version, root=self.root))
        with (place / "built.swpatch").open("wb") as out:
            trees = (place / "old", place / "new")
            build(read_specification(place / "spec.yaml"), place, trees, out, lambda count: None)
        bundle = open_bundle(place / "built.swpatch")
        self.vendor.shop.add(bundle.target, bundle.manifest_raw)
        self.vendor.publish()
        return open_bundle(seal(bundle, self.vendor.out, datetime.now(UTC)))

    def _made(self, name: str) -> Path:
        (self.folder / name).mkdir()
        return self.folder / name

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.bundle.manifest_raw).hexdigest()

    @property
    def payload_place(self) -> tuple[int, int]:
        """(first byte, size) of the payload in the published bundle."""
        fields, at = self.bundle.manifest.payload, self.bundle.payload_at
        assert fields is not None
        assert at is not None
        return at, fields.size_bytes

    @property
    def new(self) -> bytes:
        """What the patch brings."""
        return (self.folder / "desk-clinic-2/new/report").read_bytes()

    @property
    def version(self) -> str:
        """`old` or `new`."""
        return {b"old": "old", self.new: "new"}.get((self.root / "report").read_bytes(), "something else")

    def patch_request(self) -> Envelope:
        return self.request(action="apply-patch", parameters={"patch": "clinic-2", "digest": self.digest})

    def attempts(self) -> int:
        """How many were ever begun."""
        return len(Jobs(self.executor_folder).attempts())

    def disk_bytes(self) -> int:
        """What lies in the agent's folder of files."""
        folder = self.folder / "state/payloads"
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.exists() else 0
